// Made-up state for tests.

import type { CastProcess } from '../generated/CastProcess'
import type { CastView } from '../generated/CastView'
import type { LineView } from '../generated/LineView'
import type { MonitorLine } from '../generated/MonitorLine'
import type { PricePoint } from '../generated/PricePoint'
import type { ProcessCounts } from '../generated/ProcessCounts'
import type { Quote } from '../generated/Quote'
import type { SocketCounts } from '../generated/SocketCounts'
import type { SocketView } from '../generated/SocketView'
import type { TickzView } from '../generated/TickzView'
import type { Update } from '../generated/Update'
import type { WorkerView } from '../generated/WorkerView'
import { NO_CAST, NO_COUNTS } from './cast'

/** The id of the desk's own process. */
export const DESK = 'de5c'

export function update(changes: Partial<Update> = {}): Update {
  const nothing = {
    cast: null,
    tickz: null,
    chatz: null,
    valuz: null,
    processes: null,
    troupe: null,
    scenes: null,
    stage: null,
    audience: null,
    view: null,
    highlight: null,
  }
  const none = { counts: [], points: [], lines: [], events: [], states: [] }
  return { timeMs: 1000, snapshot: false, ...nothing, ...none, ...changes }
}

const TYPES: Record<string, string> = { req: 'REQ', sub: 'SUB', push: 'PUSH', pull: 'PULL', pub: 'XPUB' }

/** A socket of the desk: `tickz.sub`. */
export function socket(name: string, changes: Partial<SocketView> = {}): SocketView {
  const endpoint = 'tcp://127.0.0.1:9003'
  const isBound = name.startsWith('valuz')
  return {
    key: `${DESK}/${name}`,
    name,
    type: TYPES[name.split('.')[1] ?? ''] ?? 'PAIR',
    channel: 'ticks',
    bound: isBound ? [endpoint] : [],
    connected: isBound ? [] : [endpoint],
    sendQueue: 1000,
    receiveQueue: 1000,
    state: { is: 'up' },
    sinceMs: 0,
    downSinceMs: null,
    attempts: 0,
    warning: null,
    lastFault: null,
    peers: 1,
    connections: [],
    moreConnections: 0,
    ...changes,
  }
}

/** A process with these sockets. */
export function process(id: string, sockets: SocketView[], changes: Partial<CastProcess> = {}): CastProcess {
  return {
    id,
    program: id,
    role: '',
    language: 'rust',
    pid: 1,
    host: 'here',
    startedMs: 0,
    isDesk: id === DESK,
    child: null,
    presence: 'present',
    sinceMs: 0,
    missingEvents: 0,
    sockets,
    moreSockets: 0,
    ...changes,
  }
}

export function cast(processes: CastProcess[], lines: LineView[] = []): CastView {
  return { ...NO_CAST, processes, lines }
}

/** A cast of the desk alone, with these sockets. */
export function own(...sockets: SocketView[]): CastView {
  return cast([process(DESK, sockets, { program: 'dealz' })])
}

/** The counts of a process, by the order of its sockets. */
export function counts(id: string, ...sockets: Partial<SocketCounts>[]): ProcessCounts {
  return { process: id, values: [], sockets: sockets.map((changes) => ({ ...NO_COUNTS, ...changes })) }
}

export const EVENT: MonitorLine = {
  id: 0,
  timeMs: 1000,
  lastMs: 1000,
  count: 1,
  socket: `${DESK}/tickz.sub`,
  name: 'dealz SUB',
  event: 'CONNECT_RETRIED',
  number: 4,
  value: 100,
  endpoint: 'tcp://127.0.0.1:9003',
  mark: 'down',
  isMajor: false,
  sentence: '',
}

export function quote(symbol: string): Quote {
  const reference = { price: 1, tickMs: 0, since: 'firstSeen' } as const
  return { symbol, last: 1, tickMs: 0, reference, changePercent: 0, perSecond: 0, received: 1, lost: 0 }
}

export function tickz(...symbols: string[]): TickzView {
  return { quotes: symbols.map(quote), received: 0, lost: 0, outOfOrder: 0, restarts: 0 }
}

export function point(symbol: string, timeMs: number, price = 1): PricePoint {
  return { symbol, timeMs, price, lost: 0, start: null }
}

export function worker(pid: number, done = 0): WorkerView {
  return {
    name: `rust:here:${pid}`,
    language: 'rust',
    pid,
    process: null,
    state: 'ready',
    done,
    doneInAll: done,
    perSecond: 0,
  }
}

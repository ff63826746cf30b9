// Made-up state for tests.

import type { MonitorLine } from '../generated/MonitorLine'
import type { PricePoint } from '../generated/PricePoint'
import type { Quote } from '../generated/Quote'
import type { SocketId } from '../generated/SocketId'
import type { SocketRole } from '../generated/SocketRole'
import type { SocketView } from '../generated/SocketView'
import type { TickzView } from '../generated/TickzView'
import type { Update } from '../generated/Update'
import type { WorkerView } from '../generated/WorkerView'

export function update(changes: Partial<Update> = {}): Update {
  const nothing = { sockets: null, tickz: null, chatz: null, valuz: null, processes: null }
  return {
    timeMs: 1000,
    snapshot: false,
    ...nothing,
    points: [],
    lines: [],
    events: [],
    states: [],
    droppedEvents: null,
    ...changes,
  }
}

export function socket(id: SocketId, changes: Partial<SocketView> = {}): SocketView {
  const counts = {
    received: 0,
    sent: 0,
    receivedPerSecond: 0,
    sentPerSecond: 0,
    malformed: 0,
    lastFault: null,
    attempts: 0,
  }
  return {
    id,
    role: (id.split('.')[1] ?? '').toUpperCase() as SocketRole,
    channel: 'ticks',
    endpoint: 'tcp://127.0.0.1:9003',
    binds: id.startsWith('valuz'),
    state: { is: 'up' },
    sinceMs: 0,
    peers: 1,
    downSinceMs: null,
    warning: null,
    ...counts,
    ...changes,
  }
}

export const EVENT: MonitorLine = {
  id: 0,
  timeMs: 1000,
  lastMs: 1000,
  count: 1,
  socket: 'tickz.sub',
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

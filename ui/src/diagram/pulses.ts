// The lines that pulse: those with a message between two counts. The counts are taken ten times a second at
// most, so a line never pulses more often than that. Moving dots cost more than all else on the page while no one acts, so a
// line with few messages pulses once a second; each of a few that come alone has its dot.

import type { SocketView } from '../generated/SocketView'
import type { WorkerView } from '../generated/WorkerView'
import { CONNECTED, type ConnectedId, type BoundId } from './layout'

/** The counts at one time. */
export interface Counted {
  sockets: ReadonlyMap<string, { received: number; sent: number }>
  workers: ReadonlyMap<string, number>
}

export interface Pulse {
  /** One of dealz's sockets, by the line or the rail that it has. */
  socket: ConnectedId | BoundId
  /** The worker at the other end, by its place; none for a service. */
  worker: number | null
  /** Whether it comes to dealz. */
  inward: boolean
  /** How many messages it stands for. */
  messages: number
}

/** Pulses that a line may have in a row, and the wait for each further one, in milliseconds. */
const ROW_MAX = 3
const WAIT_MS = 1000

/** So many messages are worth a pulse at any time. */
const MANY = 50

/** Which pulses are shown. */
export class Pace {
  readonly #lines = new Map<string, { allowed: number; messages: number; atMs: number }>()

  /** Whether a pulse is shown. The messages of one that is not count with the next one. */
  admits({ socket, worker, inward, messages }: Pulse, nowMs: number): boolean {
    const key = `${socket} ${worker} ${inward}`
    const line = this.#lines.get(key) ?? { allowed: ROW_MAX, messages: 0, atMs: nowMs }
    const allowed = Math.min(ROW_MAX, line.allowed + (nowMs - line.atMs) / WAIT_MS)
    const waiting = line.messages + messages
    const shown = allowed >= 1 || waiting >= MANY
    this.#lines.set(key, {
      allowed: shown ? Math.max(0, allowed - 1) : allowed,
      messages: shown ? 0 : waiting,
      atMs: nowMs,
    })
    return shown
  }
}

export function counted(sockets: readonly SocketView[], workers: readonly WorkerView[]): Counted {
  return {
    sockets: new Map(sockets.map(({ id, received, sent }) => [id, { received, sent }])),
    workers: new Map(workers.map(({ name, done }) => [name, done])),
  }
}

/**
 * One worker's pulse on each line that all of them share, round-robin, as PUSH distributes and PULL collects. What PUB
 * sends goes to all at once.
 */
export function roundRobin(pulses: readonly Pulse[], turn: number): Pulse[] {
  const shared = (['valuz.push', 'valuz.pull'] as const).flatMap((socket) => {
    const all = pulses.filter((pulse) => pulse.socket === socket)
    return all.length > 0 ? all.slice(turn % all.length).slice(0, 1) : []
  })
  return [...pulses.filter(({ socket }) => socket !== 'valuz.push' && socket !== 'valuz.pull'), ...shared]
}

/** The pulses for the messages between two counts. */
export function pulsesBetween(before: Counted, after: Counted): Pulse[] {
  const pulses: Pulse[] = []
  const grown = (id: string, way: 'received' | 'sent') => {
    const count = after.sockets.get(id)?.[way] ?? 0
    // Fewer than before: the counts restarted, and no message is known.
    return Math.max(0, count - (before.sockets.get(id)?.[way] ?? count))
  }
  for (const socket of CONNECTED) {
    const [sent, received] = [grown(socket, 'sent'), grown(socket, 'received')]
    if (sent > 0) pulses.push({ socket, worker: null, inward: false, messages: sent })
    if (received > 0) pulses.push({ socket, worker: null, inward: true, messages: received })
  }
  const spoken = grown('valuz.pub', 'sent')
  const workers = [...after.workers.entries()]
  workers.forEach(([name, done], worker) => {
    const messages = done - (before.workers.get(name) ?? done)
    if (messages > 0) {
      pulses.push({ socket: 'valuz.push', worker, inward: false, messages })
      pulses.push({ socket: 'valuz.pull', worker, inward: true, messages })
    }
    if (spoken > 0) pulses.push({ socket: 'valuz.pub', worker, inward: false, messages: spoken })
  })
  return pulses
}

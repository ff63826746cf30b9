// The lines that pulse: those with a message between two counts. The counts are taken ten times a second at
// most, so a line never pulses more often than that.

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
  const grew = (id: string, way: 'received' | 'sent') => {
    const count = after.sockets.get(id)?.[way] ?? 0
    // Fewer than before: the counts restarted, and no message is known.
    return count > (before.sockets.get(id)?.[way] ?? count)
  }
  for (const socket of CONNECTED) {
    if (grew(socket, 'sent')) pulses.push({ socket, worker: null, inward: false })
    if (grew(socket, 'received')) pulses.push({ socket, worker: null, inward: true })
  }
  const spoke = grew('valuz.pub', 'sent')
  const workers = [...after.workers.entries()]
  workers.forEach(([name, done], worker) => {
    const was = before.workers.get(name)
    if (was !== undefined && done > was) {
      pulses.push({ socket: 'valuz.push', worker, inward: false }, { socket: 'valuz.pull', worker, inward: true })
    }
    if (spoke) pulses.push({ socket: 'valuz.pub', worker, inward: false })
  })
  return pulses
}

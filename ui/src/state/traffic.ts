// A socket's traffic, as a figure that does not flicker.

import type { SocketId } from '../generated/SocketId'
import { type Desk, socketOf } from './desk'
import { isUp } from './status'

/** Below this rate single messages make the rate of one second jump between figures, and between some and none. */
const STEADY_FROM = 10

/**
 * Messages a second, both ways: over the last ten seconds if they are few, over the last one otherwise. It changes once a
 * second.
 */
export function trafficOf(desk: Desk, id: SocketId): number {
  const socket = socketOf(desk, id)
  if (!socket || !isUp(socket)) return 0
  const [first, last] = [desk.traffic[0], desk.traffic.at(-1)]
  const now = last?.perSecond[id] ?? 0
  if (first === undefined || last === undefined || now >= STEADY_FROM) return now
  const elapsedMs = last.timeMs - first.timeMs
  const count = (last.counts[id] ?? 0) - (first.counts[id] ?? 0)
  // Fewer than before: the desk was reset.
  if (elapsedMs < 2000 || count < 0) return now
  const steady = Math.round((count / elapsedMs) * 10_000) / 10
  return steady < STEADY_FROM ? steady : now
}

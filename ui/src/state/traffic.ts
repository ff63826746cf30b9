// A socket's traffic, as a figure that does not flicker.

import type { SocketId } from '../generated/SocketId'
import { type Desk, socketOf } from './desk'
import { isUp } from './status'

/** Below this rate single messages make the rate of one second jump between figures, and between some and none. */
const STEADY_FROM = 10

/** Messages a second, both ways: over the last ten seconds if they are few, over the last one otherwise. */
export function trafficOf(desk: Desk, id: SocketId): number {
  const socket = socketOf(desk, id)
  if (!socket || !isUp(socket)) return 0
  const now = socket.receivedPerSecond + socket.sentPerSecond
  const first = desk.traffic[0]
  const before = first?.counts[id]
  if (now >= STEADY_FROM || first === undefined || before === undefined) return now
  const elapsedMs = desk.timeMs - first.timeMs
  const count = socket.received + socket.sent - before
  // Fewer than before: the desk was reset.
  if (elapsedMs < 2000 || count < 0) return now
  const steady = Math.round((count / elapsedMs) * 10_000) / 10
  return steady < STEADY_FROM ? steady : now
}

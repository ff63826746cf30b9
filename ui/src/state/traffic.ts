// A socket's traffic, as a figure that does not flicker. Pure.

import { countsOf, type Observed, placesOf, socketOf } from './cast'
import type { Desk } from './desk'
import { isUp } from './status'

/** Below this rate single messages make the rate of one second jump between figures, and between some and none. */
const STEADY_FROM = 10
/** A little less than the second that is meant: updates do not come evenly. */
const STEP_MS = 900
/** Samples kept: ten seconds, and the one before. */
export const TRAFFIC_MAX = 11

/** How many messages a socket had sent and received, and how many a second then. */
interface Traffic {
  readonly count: number
  readonly perSecond: number
}

/** The traffic of all sockets at one time, by key. */
export interface TrafficSample {
  readonly timeMs: number
  readonly sockets: ReadonlyMap<string, Traffic>
}

export function withTraffic(
  before: readonly TrafficSample[],
  observed: Observed,
  timeMs: number,
): readonly TrafficSample[] {
  // A recording may lead back in time.
  const isBack = before.some((sample) => sample.timeMs > timeMs)
  const kept = isBack ? before.filter((sample) => sample.timeMs <= timeMs) : before
  const last = kept.at(-1)
  const places = placesOf(observed.cast)
  if (places.size === 0 || (last && timeMs - last.timeMs < STEP_MS)) return kept
  const sockets = new Map<string, Traffic>()
  for (const key of places.keys()) {
    const { received, sent, receivedPerSecond, sentPerSecond } = countsOf(observed, key)
    sockets.set(key, { count: received + sent, perSecond: receivedPerSecond + sentPerSecond })
  }
  return [...kept, { timeMs, sockets }].slice(-TRAFFIC_MAX)
}

/** Messages a second of a socket of the desk, both ways; none if it is not up. */
export function trafficOf(desk: Desk, key: string): number {
  const socket = socketOf(desk, key)
  return socket && isUp(socket) ? steadyRate(desk.traffic, key) : 0
}

/**
 * Messages a second, both ways: over the last ten seconds if they are few, over the last one otherwise. It changes once a
 * second.
 */
export function steadyRate(samples: readonly TrafficSample[], key: string): number {
  const first = samples.find(({ sockets }) => sockets.has(key))
  const last = samples.at(-1)
  const now = last?.sockets.get(key)?.perSecond ?? 0
  if (first === undefined || last === undefined || now >= STEADY_FROM) return now
  const elapsedMs = last.timeMs - first.timeMs
  const count = (last.sockets.get(key)?.count ?? 0) - (first.sockets.get(key)?.count ?? 0)
  // Fewer than before: the process has another socket under this name.
  if (elapsedMs < 2000 || count < 0) return now
  const steady = Math.round((count / elapsedMs) * 10_000) / 10
  return steady < STEADY_FROM ? steady : now
}

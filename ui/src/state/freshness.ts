// How old what is shown is: of the whole desk when no update comes, and of the prices when no tick does.

import { clock, duration } from '../format'
import { ownSocket } from './cast'
import type { Desk } from './desk'

/** dealz sends an update every second at least; without one for this long, in milliseconds, the desk is stalled. */
export const STALLED_MS = 3000

export function isStalled(silentMs: number): boolean {
  return silentMs >= STALLED_MS
}

/** A length of time in whole seconds, as an age is counted: `31 s`, `3 min 20 s`. */
export function ageWords(ms: number): string {
  return duration(Math.max(1, Math.floor(ms / 1000)) * 1000).replace('.0 s', ' s')
}

/** Whether prices come in: otherwise those shown are the last that came. */
export function ticksFlow(desk: Desk): boolean {
  return ownSocket(desk, 'tickz.sub')?.state.is === 'up'
}

/** When the last price arrived, in milliseconds since the Unix epoch; none if none has. */
export function lastTickMs(desk: Desk): number | null {
  const times = Object.values(desk.points).flatMap((points) => points.at(-1)?.timeMs ?? [])
  return times.length > 0 ? Math.max(...times) : null
}

/** How old the prices are while none come in: `last tick at 14:03:07, 31 s ago`. */
export function staleTicks(desk: Desk, nowMs: number): string | null {
  if (ticksFlow(desk)) return null
  const lastMs = lastTickMs(desk)
  return lastMs === null ? null : `last tick at ${clock(lastMs)}, ${ageWords(nowMs - lastMs)} ago`
}

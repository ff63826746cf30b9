// The spotlight: one pattern or one process stays bright in the diagram, and all else is dimmed. Pure.

import type { CastView } from '../generated/CastView'
import { placesOf, processTitle, type Selection } from './cast'
import { type Pattern, patternOf } from './status'

export type Spotlight = { readonly pattern: Pattern } | { readonly process: string }

/** The patterns in the order of the spotlight, as their sockets are called. */
export const PATTERN_NAMES: readonly { pattern: Pattern; name: string }[] = [
  { pattern: 'reqrep', name: 'REQ/REP' },
  { pattern: 'pubsub', name: 'PUB/SUB' },
  { pattern: 'pipe', name: 'PUSH/PULL' },
  { pattern: 'pair', name: 'PAIR' },
]

/** The patterns that a cast uses. */
export function patternsOf(cast: CastView): typeof PATTERN_NAMES {
  const used = new Set([...placesOf(cast).values()].map(({ socket }) => patternOf(socket.type)))
  return PATTERN_NAMES.filter(({ pattern }) => used.has(pattern))
}

/** The spotlight after this one: on the process that is pointed at, if there is one, then on each pattern, then off. */
export function nextSpotlight(now: Spotlight | null, cast: CastView, process: string | null): Spotlight | null {
  const stops: Spotlight[] = [
    ...(process === null ? [] : [{ process }]),
    ...patternsOf(cast).map(({ pattern }) => ({ pattern })),
  ]
  return stops[stops.findIndex((stop) => isSame(stop, now)) + 1] ?? null
}

export function isSame(one: Spotlight | null, other: Spotlight | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** What is in the light, in words. */
export function spotlightWords(spotlight: Spotlight, cast: CastView): string {
  if ('pattern' in spotlight) return PATTERN_NAMES.find(({ pattern }) => pattern === spotlight.pattern)?.name ?? ''
  const process = cast.processes.find(({ id }) => id === spotlight.process)
  return process ? processTitle(process) : 'a process that has ended'
}

/** The process of what is open: its own, or that of its socket. */
export function processOfSelection(cast: CastView, opened: Selection | null): string | null {
  if (opened === null) return null
  return 'process' in opened ? opened.process : (placesOf(cast).get(opened.socket)?.process.id ?? null)
}

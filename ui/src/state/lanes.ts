// The time line of the monitors: bars for the phases of each socket, and a mark for each event. Pure.

import type { Mark } from '../generated/Mark'
import type { MonitorLine } from '../generated/MonitorLine'
import type { Phase } from '../generated/Phase'
import type { StateChange } from '../generated/StateChange'
import { clock, count } from '../format'

/** How much of the past is shown, in milliseconds. */
export const SPANS = [
  { spanMs: 30_000, words: '30 s' },
  { spanMs: 120_000, words: '2 min' },
  { spanMs: 600_000, words: '10 min' },
] as const

/** What an event means, as words. */
export const MARK_WORDS: Record<Mark, string> = {
  up: 'up',
  progress: 'in progress',
  down: 'lost or retried',
  refused: 'refused',
  other: 'no consequence',
}

/** Marks nearer to each other than this, in pixels, are one to the eye. */
const APART = 4

/** A piece of time, drawn to a width. */
export interface Scale {
  /** The time at the left edge of the strip that slides, in milliseconds since the Unix epoch. */
  baseMs: number
  spanMs: number
  width: number
}

/** The place of a time on the strip, in pixels from the strip's left edge. It stays the same while the strip slides. */
export function stripX(timeMs: number, scale: Scale): number {
  return ((timeMs - scale.baseMs) / scale.spanMs) * scale.width
}

/** How far the strip has slid, in pixels, so that now is at the right edge. */
export function slide(nowMs: number, scale: Scale): number {
  return scale.width - stripX(nowMs, scale)
}

/** The place of a time in pixels from the left edge of the lane; none if it is out of sight. */
export function laneX(timeMs: number, nowMs: number, scale: Scale): number | null {
  const x = stripX(timeMs, scale) + slide(nowMs, scale)
  return x >= 0 && x <= scale.width ? x : null
}

export interface LaneMark {
  line: MonitorLine
  /** On the strip. */
  x: number
}

/** The marks of one lane since a time, oldest first. Of equal marks at one spot only the newest is drawn. */
export function marksOf(events: readonly MonitorLine[], sinceMs: number, scale: Scale): LaneMark[] {
  const marks: LaneMark[] = []
  const nearest: Partial<Record<Mark, number>> = {}
  for (let index = events.length - 1; index >= 0; index--) {
    const line = events[index]
    if (line === undefined || line.timeMs < sinceMs) continue
    const x = stripX(line.timeMs, scale)
    const later = nearest[line.mark]
    if (later !== undefined && Math.abs(later - x) < APART) continue
    nearest[line.mark] = x
    marks.push({ line, x })
  }
  return marks.reverse()
}

/** The events of each socket, by key. */
export function bySocket(events: readonly MonitorLine[]): ReadonlyMap<string, readonly MonitorLine[]> {
  const groups = new Map<string, MonitorLine[]>()
  for (const line of events) {
    const group = groups.get(line.socket)
    if (group) group.push(line)
    else groups.set(line.socket, [line])
  }
  return groups
}

/** A piece of a lane in which a socket had one phase. */
export interface Bar {
  phase: Phase
  /** On the strip. */
  x: number
  width: number
}

/** The bars of a socket from a time until another, oldest first. The last one lasts until now, so until then. */
export function barsOf(changes: readonly StateChange[], sinceMs: number, untilMs: number, scale: Scale): Bar[] {
  return changes.flatMap(({ phase, timeMs }, index) => {
    const fromMs = Math.max(timeMs, sinceMs)
    const toMs = changes[index + 1]?.timeMs ?? untilMs
    if (toMs <= fromMs) return []
    const x = stripX(fromMs, scale)
    return [{ phase, x, width: stripX(toMs, scale) - x }]
  })
}

/** How long an event of consequence stays the headline though lesser ones follow, in milliseconds. */
export const HEADLINE_MS = 5000

/** The event that is worth a sentence on the desk: the newest, unless one of consequence came just before it. */
export function headline(events: readonly MonitorLine[], nowMs: number): MonitorLine | undefined {
  const newest = events.at(-1)
  const major = events.findLast(({ isMajor }) => isMajor)
  return major && nowMs - major.timeMs < HEADLINE_MS ? major : newest
}

/** The times at which the line has a label, as how long ago they are. */
export function ticksOf(spanMs: number): { agoMs: number; words: string }[] {
  const step = spanMs / (spanMs <= 30_000 ? 3 : spanMs <= 120_000 ? 4 : 5)
  const ticks = []
  for (let agoMs = spanMs; agoMs >= 0; agoMs -= step) ticks.push({ agoMs, words: agoWords(agoMs) })
  return ticks
}

function agoWords(agoMs: number): string {
  if (agoMs === 0) return 'now'
  return agoMs % 60_000 === 0 ? `−${agoMs / 60_000} min` : `−${agoMs / 1000} s`
}

/**
 * The raw event under its sentence: `ZMQ_EVENT_DISCONNECTED 0x0200 value=31`, and how often it came, if more than once.
 * Codes are hexadecimal, as in the specification.
 */
export function rawWords(line: MonitorLine): string {
  const value = line.event === 'HANDSHAKE_FAILED_PROTOCOL' ? hex(line.value) : line.value
  return `ZMQ_EVENT_${line.event} ${hex(line.number)} value=${value}${timesWords(line)}`
}

function timesWords(line: MonitorLine): string {
  return line.count > 1 ? ` ×${count(line.count)}, until ${clock(line.lastMs)}` : ''
}

function hex(number: number): string {
  return `0x${number.toString(16).padStart(4, '0')}`
}

/** The events that a filter lets through: of some sockets, by key, and with a text in their words. */
export function filtered(
  events: readonly MonitorLine[],
  sockets: ReadonlySet<string> | null,
  text: string,
): readonly MonitorLine[] {
  const wanted = text.trim().toLowerCase()
  if (sockets === null && wanted === '') return events
  return events.filter(
    (line) =>
      (sockets === null || sockets.has(line.socket)) &&
      (wanted === '' ||
        `${line.sentence}\n${rawWords(line)}\n${line.endpoint}\n${line.name}`.toLowerCase().includes(wanted)),
  )
}

/** How many events came after the newest of those that are shown while paused. */
export function countNewer(events: readonly MonitorLine[], paused: readonly MonitorLine[]): number {
  const last = paused.at(-1)
  if (last === undefined) return events.length
  let newer = 0
  for (let index = events.length - 1; index >= 0 && (events[index]?.id ?? -1) > last.id; index--) newer += 1
  return newer
}

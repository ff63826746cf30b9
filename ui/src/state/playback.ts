// A recording that plays: reading it, and the updates that bring a page to a time of it. Pure: time is passed in.

import type { MessageView } from '../generated/MessageView'
import type { Recorded } from '../generated/Recorded'
import type { Update } from '../generated/Update'

/** Messages that are kept of a socket, as dealz itself keeps them. */
export const MESSAGES_MAX = 200

export const SPEEDS = [1, 4, 16] as const
export type Speed = (typeof SPEEDS)[number]

/** Something and the time at which it came, in milliseconds since the Unix epoch. */
interface Timed<T> {
  readonly atMs: number
  readonly what: T
}

export interface Recording {
  /** The first is a snapshot; their times never step back. */
  readonly updates: readonly Timed<Update>[]
  /** By the key of their socket. */
  readonly messages: ReadonlyMap<string, readonly Timed<MessageView>[]>
  readonly startMs: number
  readonly endMs: number
  /** When each cue of a scene begins, in order. */
  readonly cues: readonly number[]
  /** Lines that cannot be read, such as the last one of a session that was cut off. */
  readonly torn: number
  /** Whether it has lines of a version of dealz that knew six sockets alone. */
  readonly old: boolean
}

/** Reads a recording, one `Recorded` a line. Lines that cannot be read are counted and left out. */
export function parseRecording(text: string): Recording {
  const updates: Timed<Update>[] = []
  const messages = new Map<string, Timed<MessageView>[]>()
  let torn = 0
  let old = false
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const recorded = parseLine(line)
    if (recorded === null) {
      torn += 1
    } else if (recorded === 'old') {
      old = true
    } else if (recorded.kind === 'update') {
      // Updates before the first snapshot have nothing to build on.
      if (updates.length > 0 || recorded.update.snapshot) append(updates, recorded.update)
    } else {
      const kept = messages.get(recorded.socket) ?? []
      messages.set(recorded.socket, kept)
      for (const message of recorded.messages) append(kept, message)
    }
  }
  const startMs = updates[0]?.atMs ?? 0
  return { updates, messages, startMs, endMs: updates.at(-1)?.atMs ?? startMs, cues: cuesOf(updates), torn, old }
}

function cuesOf(updates: readonly Timed<Update>[]): number[] {
  const times: number[] = []
  let last = ''
  for (const { atMs, what } of updates) {
    if (what.stage == null || what.stage.actors.length === 0) continue
    const cue = `${what.stage.start} ${what.stage.cue}`
    if (cue !== last) times.push(atMs)
    last = cue
  }
  return times
}

/** A cue that was shown for less than this, in milliseconds, is left by a step back. */
const SHOWN_MS = 2000

/** When the next cue begins, or this one, or the one before if this one has just begun; otherwise the end, or the start. */
export function cueTime({ cues, startMs, endMs }: Recording, atMs: number, direction: 1 | -1): number {
  if (direction === 1) return cues.find((time) => time > atMs) ?? endMs
  return cues.findLast((time) => time < atMs - SHOWN_MS) ?? startMs
}

function parseLine(line: string): Recorded | 'old' | null {
  try {
    const recorded = JSON.parse(line) as Partial<{ kind: string; update: Partial<Update>; messages: unknown }> | null
    if (recorded?.kind === 'update' && typeof recorded.update?.timeMs === 'number') {
      return Array.isArray(recorded.update.counts) ? (recorded as Recorded) : 'old'
    }
    if (recorded?.kind === 'wire' && Array.isArray(recorded.messages)) return recorded as Recorded
  } catch {
    // The caller counts it.
  }
  return null
}

/** Keeps the order when the clock is set back: what comes later has no earlier time. */
function append<T extends { timeMs: number }>(list: Timed<T>[], what: T) {
  list.push({ atMs: Math.max(what.timeMs, list.at(-1)?.atMs ?? what.timeMs), what })
}

/** How many of a list came until a time, the time itself included. */
function countUntil(list: readonly Timed<unknown>[], timeMs: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle]?.atMs ?? Infinity) <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

/** The last messages of a socket until a time, oldest first; after an id only those that came later. */
export function messagesAt(recording: Recording, socket: string, timeMs: number, after = -1): MessageView[] {
  const list = recording.messages.get(socket) ?? []
  const end = countUntil(list, timeMs)
  return list
    .slice(Math.max(0, end - MESSAGES_MAX), end)
    .map(({ what }) => what)
    .filter(({ id }) => id > after)
}

/** The place in a recording. */
export class Playhead {
  readonly recording: Recording
  /** The time that is shown, in milliseconds since the Unix epoch. */
  atMs: number
  speed: Speed = 1
  /** How many updates have been shown. */
  #next = 0

  constructor(recording: Recording) {
    this.recording = recording
    this.atMs = recording.startMs
  }

  get atEnd(): boolean {
    return this.atMs >= this.recording.endMs
  }

  /** Advances by an amount of real time, at its speed; returns the updates that come with it. */
  advance(elapsedMs: number): Update[] {
    this.atMs = this.#within(this.atMs + Math.max(0, elapsedMs) * this.speed)
    return this.#take(this.#next)
  }

  /** Goes to a time; returns the updates, from a snapshot on, that show it. */
  seek(timeMs: number): Update[] {
    this.atMs = this.#within(timeMs)
    return this.#take(0)
  }

  #within(timeMs: number): number {
    return Math.min(Math.max(timeMs, this.recording.startMs), this.recording.endMs)
  }

  /** The updates from one on until now. Those before a snapshot among them are left out: they show nothing. */
  #take(from: number): Update[] {
    const { updates } = this.recording
    const end = countUntil(updates, this.atMs)
    let start = from
    for (let index = end - 1; index > from; index--) {
      if (updates[index]?.what.snapshot) {
        start = index
        break
      }
    }
    this.#next = end
    return updates.slice(start, end).map(({ what }) => what)
  }
}

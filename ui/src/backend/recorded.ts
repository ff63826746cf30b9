// The backend of a recording: it plays the updates by their times and opens no socket.

import type { Command } from '../generated/Command'
import type { Hello } from '../generated/Hello'
import type { Reply } from '../generated/Reply'
import type { Update } from '../generated/Update'
import { cueTime, messagesAt, parseRecording, Playhead, type Recording, type Speed } from '../state/playback'
import { PLAYING } from '../state/access.svelte'
import type { Backend, Link } from './backend'

/** How often a playing recording moves, in milliseconds. */
const STEP_MS = 33

/** The state of a recording that plays. */
export interface Played {
  readonly startMs: number
  readonly endMs: number
  readonly atMs: number
  readonly playing: boolean
  readonly speed: Speed
  /** Lines of the recording that could not be read. */
  readonly torn: number
  readonly empty: boolean
  /** Whether it was made by an older version, which this one cannot play. */
  readonly old: boolean
}

export class Player implements Backend {
  readonly #hello: Hello
  readonly #recording: Recording
  readonly #head: Playhead
  #onUpdate: ((update: Update) => void) | null = null
  #watchers = new Set<() => void>()
  #timer: ReturnType<typeof setInterval> | null = null
  #lastMs = 0

  /** Plays a recording, one `Recorded` a line; `hello` is that of the engine that handed it over. */
  constructor(text: string, hello: Hello) {
    this.#hello = hello
    this.#recording = parseRecording(text)
    this.#head = new Playhead(this.#recording)
  }

  hello(): Promise<Hello> {
    return Promise.resolve(this.#hello)
  }

  act(command: Command): Promise<Reply> {
    if (command.do === 'wire') {
      const { socket, after } = command
      return Promise.resolve({ got: 'wire', messages: messagesAt(this.#recording, socket, this.#head.atMs, after) })
    }
    return Promise.reject({ refused: 'notNow', reason: PLAYING })
  }

  /** Begins to play. */
  subscribe(onUpdate: (update: Update) => void, onLink: (link: Link) => void): () => void {
    this.#onUpdate = onUpdate
    onLink('up')
    this.seek(this.#head.atMs)
    this.play()
    return () => {
      this.pause()
      this.#onUpdate = null
    }
  }

  now(): number {
    return this.#head.atMs
  }

  played(): Played {
    const { startMs, endMs, torn, old, updates } = this.#recording
    const { atMs, speed } = this.#head
    return { startMs, endMs, atMs, speed, torn, playing: this.#timer !== null, empty: updates.length === 0, old }
  }

  /** Calls back at each change of `played`; returns what ends it. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  /** Resumes; at the end, from the start. */
  play(): void {
    if (this.#timer !== null || this.#recording.updates.length === 0) return
    if (this.#head.atEnd) this.seek(this.#recording.startMs)
    this.#lastMs = performance.now()
    this.#timer = setInterval(() => this.#step(), STEP_MS)
    this.#tell()
  }

  pause(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#tell()
  }

  toggle(): void {
    if (this.#timer === null) this.play()
    else this.pause()
  }

  setSpeed(speed: Speed): void {
    this.#head.speed = speed
    this.#tell()
  }

  /** Shows a time of the recording, in milliseconds since the Unix epoch. */
  seek(timeMs: number): void {
    this.#show(this.#head.seek(timeMs))
  }

  /** Shows the beginning of the next cue of a scene, or of the one that was shown before. */
  toCue(direction: 1 | -1): void {
    this.seek(cueTime(this.#recording, this.#head.atMs, direction))
  }

  #step() {
    const nowMs = performance.now()
    const updates = this.#head.advance(nowMs - this.#lastMs)
    this.#lastMs = nowMs
    this.#show(updates)
    if (this.#head.atEnd) this.pause()
  }

  #show(updates: readonly Update[]) {
    for (const update of updates) this.#onUpdate?.(update)
    this.#tell()
  }

  #tell() {
    for (const watcher of this.#watchers) watcher()
  }
}

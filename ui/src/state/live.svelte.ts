// The state as the page draws it: updates are folded as they come, and shown once per animation frame.

import type { Backend, Link } from '../backend/backend'
import type { Update } from '../generated/Update'
import { Clock } from './clock'
import { applyUpdate, type Desk, EMPTY } from './desk'

/** How often the time that is shown moves, in milliseconds. */
const TICK_MS = 100

export class Live {
  desk: Desk = $state.raw(EMPTY)
  /** None until it is known. */
  link: Link | null = $state(null)
  nowMs: number = $state(Date.now())

  readonly #backend: Backend
  readonly #clock = new Clock()
  #next: Desk = EMPTY
  #frame: number | null = null

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** Begins to listen; returns what ends it. */
  start(): () => void {
    const leave = this.#backend.subscribe(
      (update) => this.#take(update),
      (link) => (this.link = link),
    )
    const ticking = setInterval(() => (this.nowMs = this.#now()), TICK_MS)
    return () => {
      leave()
      clearInterval(ticking)
      if (this.#frame !== null) cancelAnimationFrame(this.#frame)
    }
  }

  #take(update: Update) {
    this.#clock.hear(update.timeMs, Date.now(), update.snapshot)
    this.#next = applyUpdate(this.#next, update)
    // A hidden page gets no frames: the state goes on, and is drawn when it is looked at again.
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null
      this.desk = this.#next
    })
  }

  #now(): number {
    return this.#backend.now?.() ?? this.#clock.now(Date.now())
  }
}

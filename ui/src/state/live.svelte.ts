// The state as the page draws it: updates are folded as they come, and drawn once per animation frame.

import type { Backend, Link } from '../backend/backend'
import type { Update } from '../generated/Update'
import { Clock } from './clock'
import { applyUpdate, type Desk, EMPTY } from './desk'
import { isStalled } from './freshness'

/** How often the time on the page moves, in milliseconds: every word on it counts in whole seconds. */
const TICK_MS = 1000
/** The same for a recording, which may play sixteen times as fast. */
const PLAY_TICK_MS = 100

export class Live {
  desk: Desk = $state.raw(EMPTY)
  /** None until it is known. */
  link: Link | null = $state(null)
  /** The time at the desk, in milliseconds since the Unix epoch. It stops with the updates. */
  nowMs: number = $state(Date.now())
  /** How long there has been no update, in milliseconds; 0 for a recording, which may be paused. */
  silentMs: number = $state(0)

  readonly #backend: Backend
  readonly #clock = new Clock()
  #next: Desk = EMPTY
  #frame: number | null = null
  /** When the last update came, by a clock that is never set. */
  #heardMs = performance.now()

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** Begins to listen; returns what ends it. */
  start(): () => void {
    this.#heardMs = performance.now()
    const leave = this.#backend.subscribe(
      (update) => this.#take(update),
      (link) => (this.link = link),
    )
    const ticking = setInterval(() => this.#tick(), this.#backend.now ? PLAY_TICK_MS : TICK_MS)
    return () => {
      leave()
      clearInterval(ticking)
      if (this.#frame !== null) cancelAnimationFrame(this.#frame)
    }
  }

  #take(update: Update) {
    this.#clock.hear(update.timeMs, Date.now(), update.snapshot)
    this.#heardMs = performance.now()
    this.#next = applyUpdate(this.#next, update)
    // A hidden page gets no frames: its state stays current and is drawn when it is visible again.
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null
      this.desk = this.#next
      // A mark of this moment must not lie to the right of now, and what was stalled is not any more.
      if (update.events.length > 0 || this.silentMs > TICK_MS) this.#tick()
    })
  }

  #tick() {
    if (this.#backend.now) {
      this.nowMs = this.#backend.now()
      return
    }
    this.silentMs = performance.now() - this.#heardMs
    this.nowMs = isStalled(this.silentMs) ? this.#next.timeMs : this.#clock.now(Date.now())
  }
}

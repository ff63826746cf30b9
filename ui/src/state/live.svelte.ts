// The state as the page draws it: updates are folded as they come, and drawn at once, but no more often than can be read;
// those that change little wait for the tick of the second.

import type { Backend, Link } from '../backend/backend'
import type { Update } from '../generated/Update'
import { Clock } from './clock'
import { applyUpdate, type Desk, EMPTY } from './desk'
import { isStalled } from './freshness'
import { isQuiet } from './quiet'

/** How often the time on the page moves at least, in milliseconds: every word on it counts in whole seconds. */
const TICK_MS = 1000
/** The same for a recording, which may play sixteen times as fast. */
const PLAY_TICK_MS = 100
/** A drawing this long before the next tick, in milliseconds, takes its place: one costs less than two. */
const EARLY_MS = 300

/** The least time between two drawings, in milliseconds. */
const DRAW_MS = 120

/** A desk with a signal for each section: what shows one of them is not computed again for the others. */
class DrawnDesk implements Desk {
  timeMs: Desk['timeMs'] = $state.raw(EMPTY.timeMs)
  cast: Desk['cast'] = $state.raw(EMPTY.cast)
  counts: Desk['counts'] = $state.raw(EMPTY.counts)
  tickz: Desk['tickz'] = $state.raw(EMPTY.tickz)
  chatz: Desk['chatz'] = $state.raw(EMPTY.chatz)
  valuz: Desk['valuz'] = $state.raw(EMPTY.valuz)
  processes: Desk['processes'] = $state.raw(EMPTY.processes)
  troupe: Desk['troupe'] = $state.raw(EMPTY.troupe)
  audience: Desk['audience'] = $state.raw(EMPTY.audience)
  chosenView: Desk['chosenView'] = $state.raw(EMPTY.chosenView)
  highlight: Desk['highlight'] = $state.raw(EMPTY.highlight)
  scenes: Desk['scenes'] = $state.raw(EMPTY.scenes)
  stage: Desk['stage'] = $state.raw(EMPTY.stage)
  points: Desk['points'] = $state.raw(EMPTY.points)
  rates: Desk['rates'] = $state.raw(EMPTY.rates)
  traffic: Desk['traffic'] = $state.raw(EMPTY.traffic)
  curves: Desk['curves'] = $state.raw(EMPTY.curves)
  lines: Desk['lines'] = $state.raw(EMPTY.lines)
  events: Desk['events'] = $state.raw(EMPTY.events)
  states: Desk['states'] = $state.raw(EMPTY.states)

  draw(desk: Desk) {
    Object.assign(this, desk)
  }
}

export class Live {
  readonly #drawn = new DrawnDesk()
  /** None until it is known. */
  link: Link | null = $state(null)
  /** The time at the desk, in milliseconds since the Unix epoch. It stops with the updates. */
  nowMs: number = $state(Date.now())
  /** How long a stalled link has been silent, in milliseconds; 0 while it is not, and for a recording. */
  silentMs: number = $state(0)

  /** Whether the page stays as it is, whatever comes. */
  frozen: boolean = $state(false)

  readonly #backend: Backend
  readonly #clock = new Clock()
  #next: Desk = EMPTY
  #drawing: ReturnType<typeof setTimeout> | null = null
  #drawnMs = 0
  readonly #tickMs: number
  #ticking: ReturnType<typeof setTimeout> | undefined
  #tickedMs = 0
  /** When the last update came, by a clock that is never set. */
  #heardMs = performance.now()

  constructor(backend: Backend) {
    this.#backend = backend
    this.#tickMs = backend.now ? PLAY_TICK_MS : TICK_MS
  }

  get desk(): Desk {
    return this.#drawn
  }

  /** Keeps the page as it is, or shows what is now. */
  freeze(on: boolean): void {
    this.frozen = on
    if (!on) this.#tick()
  }

  /** Begins to listen; returns what ends it. */
  start(): () => void {
    this.#heardMs = performance.now()
    const leave = this.#backend.subscribe(
      (update) => this.#take(update),
      (link) => (this.link = link),
    )
    this.#tickLater()
    return () => {
      leave()
      clearTimeout(this.#ticking)
      if (this.#drawing !== null) clearTimeout(this.#drawing)
    }
  }

  #take(update: Update) {
    this.#clock.hear(update.timeMs, Date.now(), update.snapshot)
    this.#heardMs = performance.now()
    const quiet = isQuiet(this.#next, update)
    this.#next = applyUpdate(this.#next, update)
    // The next tick draws it; one that follows a stall is drawn at once.
    if (this.frozen || (quiet && this.silentMs === 0)) return
    this.#drawing ??= setTimeout(() => this.#draw(), this.#drawnMs + DRAW_MS - performance.now())
  }

  #draw() {
    this.#drawing = null
    if (this.frozen) return
    this.#drawnMs = performance.now()
    // A mark of this moment must not lie to the right of now, and what was stalled is not any more.
    const ticks = this.desk.events !== this.#next.events || this.silentMs > 0
    if (ticks || this.#drawnMs - this.#tickedMs >= this.#tickMs - EARLY_MS) this.#tick()
    else this.#drawn.draw(this.#next)
  }

  #tickLater() {
    clearTimeout(this.#ticking)
    this.#ticking = setTimeout(() => this.#tick(), this.#tickMs)
  }

  #tick() {
    this.#tickedMs = performance.now()
    this.#tickLater()
    if (!this.#backend.now) {
      // Below the threshold there is nothing to draw.
      const silentMs = performance.now() - this.#heardMs
      this.silentMs = isStalled(silentMs) ? silentMs : 0
    }
    if (this.frozen) return
    this.#drawn.draw(this.#next)
    if (this.#backend.now) this.nowMs = this.#backend.now()
    else this.nowMs = this.silentMs > 0 ? this.#next.timeMs : this.#clock.now(Date.now())
  }
}

// Dots that run along lines. Each is a separate element, so that a moving dot draws nothing else again, and one clock moves
// them all, only while there are any.

import { type Point, pointAt } from './path'

/** Dots move this often, in milliseconds: at every frame they would cost a core where no graphics card draws. */
const STEP_MS = 100
/** The same while all of them are slow. */
const SLOW_STEP_MS = 160
/** More dots than this at once are no picture any more. */
const DOTS_MAX = 96

export interface Dot {
  element: HTMLElement
  /** Where it runs now; null where there is no way any more. */
  route: () => readonly Point[] | null
  /** When it begins to run, by the page's clock; it is not seen before. */
  startMs: number
  runMs: number
  /** Whether it is slow enough to be followed by eye. */
  slow: boolean
}

export class Dots {
  readonly #layer: HTMLElement
  /** Whether dots stay in the middle of their lines: for people who want less motion. */
  readonly #still: () => boolean
  /** With how far each has come. */
  #dots: (Dot & { share: number })[] = []
  #held: Dot | null = null
  #moving: ReturnType<typeof setInterval> | undefined
  #stepMs = 0
  #movedMs = 0

  constructor(layer: HTMLElement, still: () => boolean) {
    this.#layer = layer
    this.#still = still
  }

  /** Lets a dot run; returns whether there is room for it. */
  add(dot: Dot): boolean {
    if (this.#dots.length >= DOTS_MAX) return false
    const added = { ...dot, share: (performance.now() - dot.startMs) / dot.runMs }
    this.#dots.push(added)
    this.#place(added)
    this.#run()
    return true
  }

  /** Keeps one dot where it is, or none; others go on. */
  hold(element: HTMLElement | null): void {
    this.#held = this.#dots.find((dot) => dot.element === element) ?? null
  }

  /** Stops all dots where they are. */
  freeze(): void {
    clearInterval(this.#moving)
    this.#moving = undefined
  }

  /** Puts all dots where their ways are now, and removes those that have none. */
  relay(): void {
    this.#dots = this.#dots.filter((dot) => this.#place(dot))
  }

  clear(): void {
    this.freeze()
    this.#dots.forEach(({ element }) => element.remove())
    this.#dots = []
    this.#held = null
  }

  #run() {
    const stepMs = this.#dots.every(({ slow }) => slow) ? SLOW_STEP_MS : STEP_MS
    if (this.#moving !== undefined && this.#stepMs === stepMs) return
    clearInterval(this.#moving)
    this.#stepMs = stepMs
    this.#movedMs = performance.now()
    this.#moving = setInterval(() => this.#move(), stepMs)
  }

  #move() {
    const nowMs = performance.now()
    const elapsedMs = nowMs - this.#movedMs
    this.#movedMs = nowMs
    this.#dots = this.#dots.filter((dot) => {
      if (dot === this.#held) dot.startMs += elapsedMs
      dot.share = (nowMs - dot.startMs) / dot.runMs
      return this.#place(dot)
    })
    if (this.#dots.length > 0) this.#run()
    else this.freeze()
  }

  /** Draws a dot that is on its way; returns whether it is, or will be. */
  #place({ element, route, share }: Dot & { share: number }): boolean {
    if (share < 0) return true
    const way = share < 1 ? route() : null
    if (way === null) {
      element.remove()
      return false
    }
    const { x, y } = pointAt(way, this.#still() ? 0.5 : share)
    const transform = `translate(${x}px, ${y}px)`
    if (element.style.transform !== transform) element.style.transform = transform
    if (!element.isConnected) this.#layer.append(element)
    return true
  }
}

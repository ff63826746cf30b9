// What the page says about itself for some seconds, and the one question that it asks.

/** How long a notice is shown, and the question of a reset waits for its answer. */
export const SHOWN_MS = 5000

export interface Notice {
  text: string
  bad: boolean
}

export class Notices {
  shown: Notice | null = $state.raw(null)
  /** Whether the page asks for a second key before it resets the desk. */
  asksReset: boolean = $state(false)
  #ending: ReturnType<typeof setTimeout> | undefined

  say(text: string, bad = false): void {
    this.asksReset = false
    this.shown = { text, bad }
    this.#endLater(() => (this.shown = null))
  }

  askReset(): void {
    this.shown = null
    this.asksReset = true
    this.#endLater(() => (this.asksReset = false))
  }

  withdraw(): void {
    clearTimeout(this.#ending)
    this.asksReset = false
  }

  #endLater(end: () => void) {
    clearTimeout(this.#ending)
    this.#ending = setTimeout(end, SHOWN_MS)
  }
}

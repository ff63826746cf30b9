// The time at the desk. The page may be on another machine than dealz, with another clock.

export class Clock {
  #offsetMs: number | null = null

  /** Learns from an update: it can only arrive after it was made, so the one that took the least time is right. */
  hear(madeMs: number, localMs: number, restarts: boolean): void {
    const offsetMs = madeMs - localMs
    if (restarts || this.#offsetMs === null || offsetMs > this.#offsetMs) this.#offsetMs = offsetMs
  }

  /** The time of the desk, in milliseconds since the Unix epoch. */
  now(localMs: number): number {
    return localMs + (this.#offsetMs ?? 0)
  }
}

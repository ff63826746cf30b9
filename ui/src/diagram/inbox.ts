// The messages of followed sockets, asked for when their counts have grown. The questions in between have no other purpose
// than to have the processes report messages: they must be asked at least every five seconds.

import type { MessageView } from '../generated/MessageView'

/** Gets the messages of a socket after the one with an id, or all that are kept. */
export type Ask = (socket: string, after: number | undefined) => Promise<readonly MessageView[]>

/** How often each socket is asked about at least, in milliseconds. */
const KEEP_MS = 3500
/** How often and when a message that is counted is asked for again: it may be reported later than its count. */
const TRIES = 4
const AGAIN_MS = 120
/** Messages that wait to be drawn; older ones are discarded. */
const KEPT_MAX = 20

export class Inbox {
  readonly #ask: Ask
  #sockets = new Map<string, { last: number | undefined; asked: boolean; unread: MessageView[] }>()
  #keeping: ReturnType<typeof setInterval> | undefined

  constructor(ask: Ask) {
    this.#ask = ask
  }

  /** The sockets whose messages are wanted from now on. */
  watch(sockets: ReadonlySet<string>): void {
    for (const socket of this.#sockets.keys()) if (!sockets.has(socket)) this.#sockets.delete(socket)
    for (const socket of sockets) {
      if (this.#sockets.has(socket)) continue
      this.#sockets.set(socket, { last: undefined, asked: false, unread: [] })
      void this.#fetch(socket)
    }
    if (sockets.size === 0) this.stop()
    else this.#keeping ??= setInterval(() => this.#keep(), KEEP_MS)
  }

  stop(): void {
    clearInterval(this.#keeping)
    this.#keeping = undefined
    this.#sockets.clear()
  }

  /** The newest messages of a socket that were not taken yet, as many as are expected; fewer if they are not known in time. */
  async take(socket: string, wanted: (message: MessageView) => boolean, expected: number): Promise<MessageView[]> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0) await new Promise((wake) => setTimeout(wake, AGAIN_MS))
      await this.#fetch(socket)
      const known = this.#sockets.get(socket)
      if (!known) return []
      const found = known.unread.filter(wanted)
      if (found.length < expected && tries < TRIES - 1) continue
      known.unread = known.unread.filter((message) => !found.includes(message))
      return found.slice(-expected)
    }
    return []
  }

  #keep() {
    if (document.hidden) return
    for (const socket of this.#sockets.keys()) void this.#fetch(socket)
  }

  async #fetch(socket: string): Promise<void> {
    const known = this.#sockets.get(socket)
    if (!known) return
    try {
      const messages = await this.#ask(socket, known.last)
      // Two questions may be on their way at once.
      const added = messages.filter(({ id }) => id > (known.last ?? -1))
      // What was kept for others before this began is not drawn.
      if (known.asked) known.unread = [...known.unread, ...added].slice(-KEPT_MAX)
      known.last = added.at(-1)?.id ?? known.last
      known.asked = true
    } catch {
      // The next question may be answered.
    }
  }
}

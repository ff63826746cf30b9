// Who is behind the page and what the page may do: dealz itself, or a recording that dealz handed over.

import { type Backend, refusalText } from '../backend/backend'
import { Player } from '../backend/recorded'
import type { Command } from '../generated/Command'
import type { Hello } from '../generated/Hello'
import type { PageLink } from '../generated/PageLink'
import type { Reply } from '../generated/Reply'
import { access, PLAYING, VIEW_ONLY } from './access.svelte'
import { Live } from './live.svelte'

export class Session {
  hello: Hello | null = $state.raw(null)
  /** The recording that is played, with its bar. */
  player: Player | null = $state.raw(null)
  readonly #first: Backend
  #backend: Backend = $state.raw() as Backend
  readonly live: Live = $derived(new Live(this.#backend))
  /** Whether this page may do more than view: a recording can only be viewed. */
  readonly mayControl: boolean = $derived(this.hello?.page === 'control' && this.player === null)

  constructor(backend: Backend) {
    this.#first = backend
    this.#backend = backend
  }

  /** Learns what is behind the page; a recording is fetched whole, and played here. Rejects with a `Refusal`. */
  async join(): Promise<void> {
    const hello = await this.#first.hello()
    if (this.#first instanceof Player) {
      if (hello.mode === 'play') this.player = this.#first
    } else if (hello.mode === 'play') {
      const reply = await this.#first.act({ do: 'recording' })
      if (reply.got === 'recording') this.#backend = this.player = new Player(reply.text, hello)
    }
    access.refusal = this.player === null ? VIEW_ONLY : PLAYING
    access.isAudience = hello.page === 'audience' && this.player === null
    this.hello = hello
  }

  /** Asks for something. Rejects with a `Refusal`. */
  readonly act = (command: Command): Promise<Reply> => this.#backend.act(command)

  /** Links to this desk, those for other machines first; none for a page that may not pass them on. */
  get links(): readonly PageLink[] {
    return this.hello?.links ?? []
  }

  /** Why this page cannot control the desk, if it cannot. */
  get refusal(): string {
    return access.refusal
  }

  /** Opens the presenter's page in a second window; false if a browser has to do it. */
  async openPresenter(): Promise<boolean> {
    if (!this.#first.openPresenter) return false
    await this.#first.openPresenter()
    return true
  }

  /** Fills the screen with the page, or no longer. A phone may refuse it, and then nothing changes. */
  async toggleFullScreen(): Promise<void> {
    try {
      if (this.#first.toggleFullScreen) await this.#first.toggleFullScreen()
      else if (document.fullscreenElement) await document.exitFullscreen()
      else await document.documentElement.requestFullscreen()
    } catch {
      // There is no full screen here.
    }
  }

  /** Asks for something that is pressed on the page as a whole; returns a sentence and whether it was refused. */
  async attempt(command: Command, done: string): Promise<{ text: string; bad: boolean }> {
    // Before the first word of dealz it decides, not the page.
    if (this.hello !== null && !this.mayControl) return { text: access.refusal, bad: true }
    try {
      await this.act(command)
      return { text: done, bad: false }
    } catch (error) {
      return { text: refusalText(error), bad: true }
    }
  }
}

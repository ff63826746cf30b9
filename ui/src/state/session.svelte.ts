// Who is behind the page and what the page may do: dealz itself, or a recording that dealz handed over. The recording of a scene
// is shown in place of dealz for a while, which continues underneath.

import { type Backend, refusalText } from '../backend/backend'
import { Player } from '../backend/recorded'
import type { Command } from '../generated/Command'
import type { Hello } from '../generated/Hello'
import type { PageLink } from '../generated/PageLink'
import type { Refusal } from '../generated/Refusal'
import type { Reply } from '../generated/Reply'
import { access, PLAYING, RECALLED, VIEW_ONLY } from './access.svelte'
import { Live } from './live.svelte'

/** The recording of a scene that is shown. */
export interface Recalled {
  readonly scene: string
  readonly player: Player
  readonly live: Live
}

export class Session {
  hello: Hello | null = $state.raw(null)
  readonly #first: Backend
  #backend: Backend
  /** The recording that dealz plays, with its bar. */
  #played: Player | null = $state.raw(null)
  /** What dealz shows, whatever this page does. */
  own: Live = $state.raw() as Live
  /** The recording of a scene that is shown in place of that. */
  recalled: Recalled | null = $state.raw(null)
  /** How often one was asked for, or was ended. */
  #recalls = 0
  readonly live: Live = $derived(this.recalled?.live ?? this.own)
  /** The recording that is shown, if it is one. */
  readonly player: Player | null = $derived(this.recalled?.player ?? this.#played)
  /** Whether this page may control dealz, whatever it shows. */
  readonly controls: boolean = $derived(this.hello?.page === 'control' && this.#played === null)
  /** Whether this page may do more than view: a recording can only be viewed. */
  readonly mayControl: boolean = $derived(this.controls && this.recalled === null)
  /** The scene whose recording dealz has the pages play that control it; null while they are to show what is live. */
  readonly playing: string | null = $derived(this.controls ? this.own.desk.scenes.playing : null)

  constructor(backend: Backend) {
    this.#first = backend
    this.#backend = backend
    this.own = new Live(backend)
  }

  /** Learns what is behind the page; a recording is fetched whole, and played here. Rejects with a `Refusal`. */
  async join(): Promise<void> {
    const hello = await this.#first.hello()
    if (this.#first instanceof Player) {
      if (hello.mode === 'play') this.#played = this.#first
    } else if (hello.mode === 'play') {
      const reply = await this.#first.act({ do: 'recording' })
      if (reply.got === 'recording') {
        this.#backend = this.#played = new Player(reply.text, hello)
        this.own = new Live(this.#backend)
      }
    }
    access.refusal = this.#played === null ? VIEW_ONLY : PLAYING
    access.isAudience = hello.page === 'audience' && this.#played === null
    this.hello = hello
  }

  /** Asks for something of what is shown. Rejects with a `Refusal`. */
  readonly act = (command: Command): Promise<Reply> => (this.recalled?.player ?? this.#backend).act(command)

  /** Shows the recording of a scene. Rejects with a `Refusal`, and then everything stays as it is. */
  async recall(scene: string): Promise<void> {
    const recalls = ++this.#recalls
    const reply = await this.#backend.act({ do: 'recording', scene })
    if (recalls !== this.#recalls || reply.got !== 'recording' || this.hello === null) return
    const player = new Player(reply.text, { ...this.hello, mode: 'play' })
    if (player.played().empty) throw { refused: 'notNow', reason: UNREADABLE } satisfies Refusal
    access.refusal = RECALLED
    this.recalled = { scene, player, live: new Live(player) }
  }

  /** Shows what is live again. */
  backToLive(): void {
    this.#recalls += 1
    if (this.recalled === null) return
    this.recalled = null
    access.refusal = VIEW_ONLY
    this.own.freeze(false)
  }

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

const UNREADABLE = 'The recording is empty, or of another version of dealz: `just recordings` makes a new one.'

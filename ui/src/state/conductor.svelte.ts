// What leads through the talk: the cues of the open scene, the scene after it, and the end of all faults. The desk and the
// presenter's page have the same.

import type { Command } from '../generated/Command'
import type { CutView } from '../generated/CutView'
import { ChosenCut } from './cut.svelte'
import type { Notices } from './notices.svelte'
import { cutOf, sceneAfter } from './plan'
import type { Session } from './session.svelte'
import { hasActed, isLast } from './stage'

export class Conductor {
  readonly chosen = new ChosenCut()
  readonly #session: Session
  readonly #notices: Notices

  constructor(session: Session, notices: Notices) {
    this.#session = session
    this.#notices = notices
  }

  /** The cut that is played; none without a talk. */
  get cut(): CutView | null {
    return cutOf(this.#scenes, this.chosen.minutes)
  }

  /** The scene after the open one; without one, the first; null at the end. */
  get following(): string | null {
    return sceneAfter(this.#scenes, this.cut, this.#scenes.open?.name ?? null)
  }

  /** The open scene, or the one that `next` opens. */
  get current(): string | null {
    return this.#scenes.open?.name ?? this.following
  }

  get isOpen(): boolean {
    return this.#scenes.open !== null
  }

  /** The next cue; after the last one, the scene that follows. */
  next(): void {
    const { open } = this.#scenes
    const { stage } = this.#session.live.desk
    if (open !== null && !isLast(open, stage)) void this.#ask({ do: 'cue', to: 'next' })
    else if (open !== null && !hasActed(stage)) this.#notices.say('The last cue has not acted yet.')
    else if (this.following !== null) this.open(this.following)
    else this.#notices.say(open ? 'That was the last cue, and no scene follows.' : 'There is no scene to open.')
  }

  back(): void {
    void this.#ask({ do: 'cue', to: 'back' })
  }

  /** The scene from its beginning. */
  again(): void {
    void this.#ask({ do: 'cue', to: 'reset' })
  }

  open(name: string): void {
    void this.#ask({ do: 'scene', name })
  }

  close(): void {
    void this.#ask({ do: 'closeScene' })
  }

  /** Ends the faults of a process or a link, or all. */
  clear(on?: string): void {
    void this.#ask({ do: 'clear', ...(on === undefined ? {} : { on }) })
  }

  get #scenes() {
    return this.#session.live.desk.scenes
  }

  async #ask(command: Command): Promise<void> {
    const { text, bad } = await this.#session.attempt(command, '')
    if (bad) this.#notices.say(text, true)
  }
}

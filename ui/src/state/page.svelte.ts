// The page as a whole: what is behind it, which view it shows, and what it says of itself.

import { type Backend, refusalText } from '../backend/backend'
import { clock, plural } from '../format'
import type { CastView } from '../generated/CastView'
import type { Command } from '../generated/Command'
import { ownProcess, ownSocket, placeOf, placesOf } from './cast'
import { Conductor } from './conductor.svelte'
import type { Desk } from './desk'
import { Focus } from './focus.svelte'
import { ageWords, isStalled } from './freshness'
import type { View } from './keys'
import type { Live } from './live.svelte'
import { Look } from './look.svelte'
import { Notices } from './notices.svelte'
import { shownServices } from './services'
import { Session } from './session.svelte'
import { connectionsUp, type Status, statusOf } from './status'
import { named, troupeOf } from './troupe'

/** Process ids and names. */
type Named = [number, string][]

export class Page {
  readonly session: Session
  readonly look = new Look()
  readonly notices = new Notices()
  readonly focus = new Focus()
  readonly conductor: Conductor

  view: View = $state('desk')
  /** The socket that was chosen last, by its key. */
  chosen: string | null = $state(null)
  /** Whether logs are paused. */
  paused: boolean = $state(false)
  dialog: 'help' | 'links' | null = $state(null)

  readonly live: Live = $derived.by(() => this.session.live)
  readonly away: boolean = $derived.by(() => this.live.link === 'away')
  readonly stalled: boolean = $derived.by(() => this.live.link === 'up' && isStalled(this.live.silentMs))

  readonly status: Status = $derived.by(() => {
    const { live } = this
    if (this.away) return { ok: false, words: 'no connection to dealz' }
    if (this.stalled) return { ok: false, words: `no update for ${ageWords(live.silentMs)}` }
    if (live.frozen) return { ok: false, words: `frozen at ${clock(live.nowMs)}: z goes back to now` }
    // While a scene is open, its processes are what counts.
    if (this.troupe !== null && this.troupe.processes.length > 0) return statusOf(this.troupe, [], live.nowMs)
    return statusOf(this.desk.cast, shownServices(this.desk), live.nowMs)
  })

  /** What a screen reader says unasked: no countdown, or it would never be silent. */
  readonly heard: string = $derived.by(() => {
    const { cast } = this.desk
    return this.away || this.stalled || cast.processes.length === 0
      ? ''
      : `${plural(connectionsUp(cast), 'connection')} up`
  })

  /** The chosen socket while it is there; otherwise the one with the most to see. */
  readonly socket: string | null = $derived.by(() => {
    const { desk } = this
    if (placeOf(desk, this.chosen)) return this.chosen
    return ownSocket(desk, 'tickz.sub')?.key ?? placesOf(desk.cast).keys().next().value ?? null
  })

  /** The sockets that the diagram lights next to a view. */
  readonly lit: readonly string[] = $derived.by(() => {
    const { view, socket, desk } = this
    if (view === 'wire') return socket === null ? [] : [socket]
    if (view !== 'tickz' && view !== 'chatz' && view !== 'valuz') return [...placesOf(desk.cast).keys()]
    return (ownProcess(desk)?.sockets ?? []).flatMap(({ name, key }) => (name.startsWith(`${view}.`) ? [key] : []))
  })

  /**
   * The names of the scene's processes as a text, which is the same until one of them changes; null without a scene, and in
   * one that the desk takes part in: all that it shows belongs to that.
   */
  readonly #actors: string | null = $derived.by(() => {
    const { scenes, stage } = this.desk
    const own = ownProcess(this.desk)?.pid
    const takesPart = stage.actors.some(({ pid }) => pid !== null && pid === own)
    return scenes.open === null || takesPart ? null : JSON.stringify(stage.actors.map(({ pid, name }) => [pid, name]))
  })

  /** All processes, those of the open scene by their names in it. */
  readonly cast: CastView = $derived.by(() =>
    this.#actors === null ? this.desk.cast : named(this.desk.cast, new Map(JSON.parse(this.#actors) as Named)),
  )

  /** The processes of the open scene; null without a scene. */
  readonly troupe: CastView | null = $derived.by(() =>
    this.#actors === null ? null : troupeOf(this.cast, new Map(JSON.parse(this.#actors) as Named)),
  )

  constructor(backend: Backend) {
    this.session = new Session(backend)
    this.conductor = new Conductor(this.session, this.notices)
  }

  get desk(): Desk {
    return this.live.desk
  }

  /** Learns what is behind the page; returns what ends it. */
  start(): () => void {
    this.session.join().catch((error: unknown) => this.notices.say(refusalText(error), true))
    const ends = [this.look.start(), this.conductor.chosen.follow()]
    return () => ends.forEach((end) => end())
  }

  show(to: View): void {
    this.view = to
    this.focus.alone = false
  }

  async attempt(command: Command, done: string): Promise<void> {
    const { text, bad } = await this.session.attempt(command, done)
    this.notices.say(text, bad)
  }

  /** Shows the recording that dealz has its pages play, or what is live. */
  async follow(playing: string | null): Promise<void> {
    try {
      if (playing !== null) await this.session.recall(playing)
      else this.session.backToLive()
      this.focus.forget()
    } catch (error) {
      this.notices.say(refusalText(error), true)
    }
  }

  /** Has all pages that control dealz play the recording of the scene, or show what is live again. */
  async toggleRecording(): Promise<void> {
    const { session, conductor, notices } = this
    if (session.playing !== null || session.recalled !== null) return this.endRecording()
    const scene = conductor.current
    if (scene === null) return notices.say('There is no scene to play the recording of.', true)
    const { text, bad } = await session.attempt({ do: 'play', scene }, '')
    if (bad) notices.say(text, true)
  }

  /** Shows what is live, also if dealz does not answer. */
  async endRecording(): Promise<void> {
    const { session, notices } = this
    const isPlaying = session.playing !== null
    session.backToLive()
    this.focus.forget()
    if (!isPlaying) return
    const { text, bad } = await session.attempt({ do: 'live' }, '')
    if (bad) notices.say(text, true)
  }

  reset(): void {
    this.notices.withdraw()
    void this.attempt({ do: 'reset' }, 'The desk is reset.')
  }
}

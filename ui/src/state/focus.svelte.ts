// What the first view shows besides the desk itself: what is open, what is in the light, and whether the diagram is alone.

import type { CastView } from '../generated/CastView'
import type { MessageView } from '../generated/MessageView'
import type { Selection } from './cast'
import { isSame, nextSpotlight, processOfSelection, type Spotlight } from './spotlight'

/** A message of the diagram that is read. */
export interface OpenMessage {
  readonly message: MessageView
  /** The socket that reported it. */
  readonly socket: string
  /** The boxes between which it ran. */
  readonly from: string
  readonly to: string
}

export class Focus {
  /** What has its card open. */
  opened: Selection | null = $state.raw(null)
  /** The message whose card is open, in place of that. */
  message: OpenMessage | null = $state.raw(null)
  spotlight: Spotlight | null = $state.raw(null)
  /** Whether the diagram shows all processes while a scene is open, not its own alone. */
  whole: boolean = $state(false)
  /** Whether the diagram has the whole page. */
  alone: boolean = $state(false)

  open(to: Selection): void {
    this.message = null
    this.opened = to
  }

  read(message: OpenMessage): void {
    this.message = message
  }

  /** Lights something, or no longer. */
  light(on: Spotlight): void {
    this.spotlight = isSame(this.spotlight, on) ? null : on
  }

  /** Lights the next thing: the process that has the focus or is open first. */
  lightNext(cast: CastView, focused: string | null): void {
    this.spotlight = nextSpotlight(this.spotlight, cast, focused ?? processOfSelection(cast, this.opened))
  }

  /** Whether a card is open. */
  get isOpen(): boolean {
    return this.message !== null || this.opened !== null
  }

  /** Closes the card that was opened last. */
  closeCard(): void {
    if (this.message) this.message = null
    else this.opened = null
  }

  /** Closes what is about processes that the page no longer shows. */
  forget(): void {
    this.message = this.opened = this.spotlight = null
  }

  /** Closes what was opened last; false if there is nothing. */
  close(): boolean {
    if (this.isOpen) this.closeCard()
    else if (this.spotlight) this.spotlight = null
    else if (this.alone) this.alone = false
    else return false
    return true
  }
}

// The props of every panel. A panel is a pure component: all that it shows comes in, all that it does goes out by `act`.

import type { Command } from '../generated/Command'
import type { Reply } from '../generated/Reply'
import type { Selection } from '../state/cast'
import type { Desk } from '../state/desk'

/** Asks for something; rejects with a `Refusal`. */
export type Act = (command: Command) => Promise<Reply>

/** A panel. The field that `/` goes to has the attribute `data-field`. */
export interface PanelProps {
  desk: Desk
  act: Act
  /** Whether this page may do more than view. */
  mayControl: boolean
  /** The time that is shown as now, in milliseconds since the Unix epoch. It moves once a second. */
  nowMs: number
  /** Whether logs are paused (`space`). */
  paused: boolean
  onpause: (paused: boolean) => void
  /** The key of the socket that the views show, kept from view to view; none while there is no socket. */
  socket: string | null
  onsocket: (key: string) => void
  /** Opens the card of a socket or a process on the desk. */
  onopen: (selection: Selection) => void
}

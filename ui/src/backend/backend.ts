// The one interface between the page and what is behind it: the window's engine, a server, or a recording.

import type { Command } from '../generated/Command'
import type { Hello } from '../generated/Hello'
import type { Refusal } from '../generated/Refusal'
import type { Reply } from '../generated/Reply'
import type { Update } from '../generated/Update'
import { VIEW_ONLY } from '../state/access.svelte'

/** Whether what is behind the page can be reached. */
export type Link = 'up' | 'away'

export interface Backend {
  /** What is behind the page, and what this page may do. */
  hello(): Promise<Hello>

  /** Asks for something. Rejects with a `Refusal`. */
  act(command: Command): Promise<Reply>

  /**
   * Joins the stream of updates: the first is a snapshot, and another comes whenever the stream restarts. Call it at
   * once, for a stream does not wait. Returns what ends it.
   */
  subscribe(onUpdate: (update: Update) => void, onLink: (link: Link) => void): () => void

  /** The time that is shown as now, in milliseconds since the Unix epoch, if it is not that of the updates. */
  now?(): number

  /** Fills the screen with the page, or no longer, if the page itself cannot. */
  toggleFullScreen?(): Promise<unknown>

  /** Opens the presenter's page in a second window, if the page itself cannot. */
  openPresenter?(): Promise<unknown>
}

/** What a command is refused with while there is no connection to dealz. */
export const AWAY: Refusal = { refused: 'notNow', reason: 'No connection to dealz. The page reconnects by itself.' }

/** Whether a rejection is one of dealz's; anything else is a defect of the page. */
export function isRefusal(error: unknown): error is Refusal {
  return typeof error === 'object' && error !== null && 'refused' in error
}

/** A refusal as a sentence. */
export function refusalText(error: unknown): string {
  if (!isRefusal(error)) return error instanceof Error ? error.message : String(error)
  switch (error.refused) {
    case 'invalid':
    case 'notNow':
      return error.reason
    case 'viewOnly':
      return VIEW_ONLY
  }
}

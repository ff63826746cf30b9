// The one interface between the page and whatever stands behind it: the window's engine, a server, or a recording.

import type { Command } from '../generated/Command'
import type { Hello } from '../generated/Hello'
import type { Refusal } from '../generated/Refusal'
import type { Reply } from '../generated/Reply'
import type { Update } from '../generated/Update'
import { LOOK_ONLY } from '../state/rest.svelte'

/** Whether what stands behind the page can be reached. */
export type Link = 'up' | 'away'

export interface Backend {
  /** Who is there, and what this page may do. */
  hello(): Promise<Hello>

  /** Asks for something. Rejects with a `Refusal`. */
  act(command: Command): Promise<Reply>

  /**
   * Takes part in the stream of updates: the first is a snapshot, and another comes whenever the stream has to begin
   * anew. To be called at once, for a stream does not wait. Returns what ends it.
   */
  subscribe(onUpdate: (update: Update) => void, onLink: (link: Link) => void): () => void

  /** The time that is shown as now, in milliseconds since the Unix epoch, where it is not that of the updates. */
  now?(): number
}

/** What a command is refused with where nobody is there to refuse it. */
export const AWAY: Refusal = { refused: 'notNow', reason: 'dealz is away. This page joins it again by itself.' }

/** Whether a rejection is one of dealz's own; anything else is a defect of the page. */
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
      return LOOK_ONLY
  }
}

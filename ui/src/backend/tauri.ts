// The backend of the window: Tauri's commands and one channel. Nothing else imports `@tauri-apps/api`.

import { Channel, invoke } from '@tauri-apps/api/core'
import type { Command } from '../generated/Command'
import type { Hello } from '../generated/Hello'
import type { Reply } from '../generated/Reply'
import type { Update } from '../generated/Update'
import type { Backend, Link } from './backend'

/** Whether this page is in the window. */
export function inWindow(): boolean {
  return '__TAURI_INTERNALS__' in window
}

export class Tauri implements Backend {
  hello(): Promise<Hello> {
    return invoke('hello')
  }

  act(command: Command): Promise<Reply> {
    return invoke('act', { command })
  }

  toggleFullScreen(): Promise<boolean> {
    return invoke('toggle_fullscreen')
  }

  openPresenter(): Promise<void> {
    return invoke('open_presenter')
  }

  subscribe(onUpdate: (update: Update) => void, onLink: (link: Link) => void): () => void {
    const updates = new Channel<Update>()
    let listening = true
    updates.onmessage = (update) => {
      if (listening) onUpdate(update)
    }
    invoke('subscribe', { updates }).then(
      () => onLink('up'),
      () => onLink('away'),
    )
    return () => {
      listening = false
    }
  }
}

// The last messages of a socket, asked for again and again: without questions its process reports none.

import { refusalText } from '../../backend/backend'
import type { MessageView } from '../../generated/MessageView'
import type { Act } from '../panel'

interface Asking {
  act: Act
  /** The key of the socket. */
  socket: string
  everyMs: number
  /** Asks one single time. */
  once: boolean
  onmessages: (messages: readonly MessageView[]) => void
  /** Why there was no answer to the last question; empty if there was one. */
  onrefusal: (refusal: string) => void
}

/** Begins to ask; returns what ends it. A page that is not seen asks nothing. */
export function askMessages({ act, socket, everyMs, once, onmessages, onrefusal }: Asking): () => void {
  let left = false
  let next: ReturnType<typeof setTimeout> | undefined
  async function ask() {
    try {
      const reply = document.hidden ? null : await act({ do: 'wire', socket })
      if (left) return
      if (reply?.got === 'wire') onmessages(reply.messages)
      onrefusal('')
    } catch (error) {
      if (left) return
      onrefusal(refusalText(error))
    }
    if (!once) next = setTimeout(() => void ask(), everyMs)
  }
  void ask()
  return () => {
    left = true
    clearTimeout(next)
  }
}

// What the diagram says in words about a socket.

import { rate } from '../format'
import type { SocketId } from '../generated/SocketId'
import type { SocketView } from '../generated/SocketView'
import { goneWords, nameOf, stateReason, stateWords } from '../state/status'
import { wrap } from './path'

/** The type of the socket at the other end. */
export const REMOTE: Record<SocketId, string> = {
  'chatz.req': 'ROUTER',
  'chatz.sub': 'PUB',
  'tickz.sub': 'PUB',
  'valuz.push': 'PULL',
  'valuz.pull': 'PUSH',
  'valuz.pub': 'SUB',
}

/** What is written at a line that is not up: its state and the reason, in short lines. */
export function noteOf(socket: SocketView | undefined, nowMs: number, chars: number, linesMax: number): string[] {
  if (!socket) return []
  if (socket.warning) return wrap(socket.warning, chars, linesMax)
  if (socket.state.is === 'up') return []
  const gone = goneWords(socket)
  // The count has its own line, so that those above do not change with it.
  if (gone !== null) return gone.split(', ').flatMap((part) => wrap(part, chars, 2))
  // Next to a rail there is no room for a reason; the panel of valuz has it.
  const reason = socket.binds ? null : stateReason(socket)
  const words = stateWords(socket, nowMs)
  return wrap(reason === null ? words : `${words}: ${reason}`, chars, linesMax)
}

/** What a screen reader says of a socket. */
export function heardOf(id: SocketId, socket: SocketView | undefined, nowMs: number, perSecond: number): string {
  if (!socket) return nameOf(id)
  const verb = socket.binds ? 'bound at' : 'to'
  const details = [goneWords(socket), stateReason(socket), socket.warning].filter((detail) => detail)
  const state = `${stateWords(socket, nowMs)}${details.length > 0 ? ` (${details.join(' ')})` : ''}`
  return `${nameOf(id)} ${verb} ${socket.endpoint}: ${state}, ${rate(perSecond)}`
}

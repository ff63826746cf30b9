// What the diagram says in words, about a socket and about a worker.

import { rate } from '../format'
import type { SocketId } from '../generated/SocketId'
import type { SocketView } from '../generated/SocketView'
import type { WorkerState } from '../generated/WorkerState'
import type { WorkerView } from '../generated/WorkerView'
import { nameOf, stateReason, stateWords } from '../state/status'
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

/** Messages a second, both ways. */
export function trafficOf(socket: SocketView | undefined): number {
  return socket ? socket.receivedPerSecond + socket.sentPerSecond : 0
}

/** What stands at a line that is not up: its state and its reason, in short lines. */
export function noteOf(socket: SocketView | undefined, nowMs: number, chars: number, linesMax: number): string[] {
  if (!socket || socket.state.is === 'up') return []
  // Beside a rail there is no room for a reason; the panel of valuz has it.
  const reason = socket.binds ? null : stateReason(socket)
  const words = stateWords(socket, nowMs)
  // The countdown is always the second line, so that the first stands still.
  const countdown = /^(tries again) (in .*)$/.exec(words)
  if (countdown) return countdown.slice(1)
  return wrap(reason === null ? words : `${words}: ${reason}`, chars, linesMax)
}

/** What a screen reader says of a socket. */
export function heardOf(id: SocketId, socket: SocketView | undefined, nowMs: number): string {
  if (!socket) return nameOf(id)
  const reason = stateReason(socket)
  const verb = socket.binds ? 'bound at' : 'to'
  const state = `${stateWords(socket, nowMs)}${reason === null ? '' : ` (${reason})`}`
  return `${nameOf(id)} ${verb} ${socket.endpoint}: ${state}, ${rate(trafficOf(socket))}`
}

/** A worker's state as a mark and a word. */
export const WORKER_STATES: Record<WorkerState, { mark: string; word: string }> = {
  starting: { mark: '○', word: 'starting' },
  ready: { mark: '●', word: 'ready' },
  working: { mark: '●', word: 'working' },
  suspended: { mark: '‖', word: 'suspended' },
  gone: { mark: '✕', word: 'gone' },
}

/** What a worker does now: its rate while it works, its state otherwise. */
export function workerWords(worker: WorkerView): string {
  return worker.state === 'working' && worker.perSecond > 0 ? rate(worker.perSecond) : WORKER_STATES[worker.state].word
}

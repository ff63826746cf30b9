// The state of the six sockets as words: for the header, the diagram and the panels.

import type { SocketId } from '../generated/SocketId'
import type { SocketView } from '../generated/SocketView'
import { clock, plural } from '../format'
import { ageWords } from './freshness'

/** ZeroMQ's patterns; each has one colour, everywhere the same. */
export type Pattern = 'reqrep' | 'pubsub' | 'pipe'

/** Which pattern a socket is part of. */
export function patternOf(id: SocketId): Pattern {
  switch (id) {
    case 'chatz.req':
      return 'reqrep'
    case 'valuz.push':
    case 'valuz.pull':
      return 'pipe'
    case 'chatz.sub':
    case 'tickz.sub':
    case 'valuz.pub':
      return 'pubsub'
  }
}

/** The socket's name as people say it: `chatz REQ`. */
export function nameOf(id: SocketId): string {
  const [service, role] = id.split('.')
  return `${service} ${role?.toUpperCase()}`
}

/** Whether a socket does what it is there for. One that is bound and has no peer yet does. */
export function isUp(socket: SocketView): boolean {
  return socket.state.is === 'up' || socket.state.is === 'listening'
}

/** A wait shorter than this, in milliseconds, is over before anybody could read how long it is. */
const COUNTDOWN_MIN_MS = 2000

/** The state of a socket in a few words: `retrying in 4 s`. */
export function stateWords(socket: SocketView, nowMs: number): string {
  switch (socket.state.is) {
    case 'off':
      return 'off'
    case 'connecting':
      return isGone(socket) ? 'retrying' : 'connecting'
    case 'handshaking':
      return 'handshake in progress'
    case 'up':
      return socket.binds ? plural(socket.peers, 'peer') : 'up'
    case 'listening':
      return 'bound, no peer'
    case 'retrying': {
      const leftMs = socket.sinceMs + socket.state.inMs - nowMs
      return socket.state.inMs >= COUNTDOWN_MIN_MS && leftMs > 0
        ? `retrying in ${Math.ceil(leftMs / 1000)} s`
        : 'retrying'
    }
    case 'refused':
      return 'refused'
    case 'stale':
      return `silent for ${ageWords(nowMs - socket.sinceMs)}`
    case 'failed':
      return 'cannot bind'
  }
}

/** How long a service has been gone: `gone since 23:31:46, tried 17 times`; null while it is not. */
export function goneWords(socket: SocketView): string | null {
  if (!isGone(socket) || socket.downSinceMs === null) return null
  return `gone since ${clock(socket.downSinceMs)}, tried ${plural(socket.attempts, 'time')}`
}

/** Whether a socket has tried to reach its peer, and failed. */
export function isGone(socket: SocketView): boolean {
  return socket.downSinceMs !== null && socket.attempts > 0 && !isUp(socket)
}

/** The reason of a state, as a sentence. */
export function stateReason(socket: SocketView): string | null {
  return 'reason' in socket.state ? socket.state.reason : null
}

export interface Status {
  /** Whether all six do what they are there for. */
  ok: boolean
  words: string
}

/** The state of all sockets: `6 of 6 up`, or what is wrong with the worst of them. */
export function statusOf(sockets: readonly SocketView[], nowMs: number): Status {
  if (sockets.length === 0) return { ok: false, words: 'waiting for dealz' }
  const up = sockets.filter(isUp).length
  const words = `${up} of ${sockets.length} up`
  const worst = WORST.map((is) => sockets.find((socket) => socket.state.is === is)).find((socket) => socket)
  if (!worst) return { ok: true, words }
  return { ok: false, words: `${words} · ${nameOf(worst.id)} ${stateWords(worst, nowMs)}` }
}

/** What is worth saying first. */
const WORST = ['failed', 'refused', 'stale', 'retrying', 'off', 'handshaking', 'connecting'] as const

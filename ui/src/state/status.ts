// How the six sockets stand, as words: for the header, the diagram and the panels.

import type { SocketId } from '../generated/SocketId'
import type { SocketView } from '../generated/SocketView'
import { plural } from '../format'

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

/** The socket's name as one says it: `chatz REQ`. */
export function nameOf(id: SocketId): string {
  const [service, role] = id.split('.')
  return `${service} ${role?.toUpperCase()}`
}

/** Whether a socket does what it is there for. One that is bound and has no peer yet does. */
export function isUp(socket: SocketView): boolean {
  return socket.state.is === 'up' || socket.state.is === 'listening'
}

/** How a socket stands, in a few words: `tries again in 0.4 s`. */
export function stateWords(socket: SocketView, nowMs: number): string {
  switch (socket.state.is) {
    case 'off':
      return 'off'
    case 'connecting':
      return 'connecting'
    case 'handshaking':
      return 'shaking hands'
    case 'up':
      return socket.binds ? plural(socket.peers, 'peer') : 'up'
    case 'listening':
      return 'bound, no peer yet'
    case 'retrying': {
      const leftMs = socket.sinceMs + socket.state.inMs - nowMs
      return leftMs > 50 ? `tries again in ${(leftMs / 1000).toFixed(1)} s` : 'tries again'
    }
    case 'refused':
      return 'refused'
    case 'stale':
      return `silent for ${Math.max(0, Math.floor((nowMs - socket.sinceMs) / 1000))} s`
    case 'failed':
      return 'cannot bind'
  }
}

/** The reason that a state has, as a sentence. */
export function stateReason(socket: SocketView): string | null {
  return 'reason' in socket.state ? socket.state.reason : null
}

export interface Status {
  /** Whether all six do what they are there for. */
  ok: boolean
  words: string
}

/** How all of them stand: `6 of 6 up`, or what is wrong with the worst of them. */
export function statusOf(sockets: readonly SocketView[], nowMs: number): Status {
  if (sockets.length === 0) return { ok: false, words: 'waiting for dealz' }
  const up = sockets.filter(isUp).length
  const words = `${up} of ${sockets.length} up`
  const worst = WORST.map((is) => sockets.find((socket) => socket.state.is === is)).find((socket) => socket)
  if (!worst) return { ok: true, words }
  return { ok: false, words: `${words} · ${nameOf(worst.id)} ${stateWords(worst, nowMs)}` }
}

/** What is told first. */
const WORST = ['failed', 'refused', 'stale', 'retrying', 'off', 'handshaking', 'connecting'] as const

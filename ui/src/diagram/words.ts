// What the diagram says in words.

import { clock, count, duration, plural, rate } from '../format'
import type { CastProcess } from '../generated/CastProcess'
import type { SocketView } from '../generated/SocketView'
import type { Node, Port } from './graph'
import { presenceOf } from './look'
import { wrap } from './path'
import type { Rate } from './rates'

/** A wait shorter than this, in milliseconds, is over before anybody could read how long it is. */
const COUNTDOWN_MIN_MS = 2000

/** A process that does not report, in words: `silent for 4 s`; null for one that does. */
export function presenceWords({ presence, sinceMs }: CastProcess, nowMs: number): string | null {
  switch (presence) {
    case 'present':
      return null
    case 'suspended':
      return 'suspended'
    case 'silent':
      return `silent for ${ageWords(nowMs - sinceMs)}`
    case 'gone':
      return `gone since ${clock(sinceMs)}`
  }
}

/** What is said of the processes of a box that do not report; null if all do. */
export function absenceOf(node: Node, nowMs: number): string | null {
  const [first, ...others] = node.processes
  if (node.kind === 'absent') return 'no process'
  if (!first) return null
  if (others.length === 0) return presenceWords(first, nowMs)
  const parts = (['suspended', 'silent', 'gone'] as const).flatMap((presence) => {
    const many = node.processes.filter((process) => process.presence === presence).length
    return many > 0 ? [`${many} ${presence}`] : []
  })
  return parts.length > 0 ? parts.join(', ') : null
}

/** A length of time in whole seconds, as an age is counted: `31 s`. */
function ageWords(ms: number): string {
  return duration(Math.max(1, Math.floor(ms / 1000)) * 1000).replace('.0 s', ' s')
}

/** The state of a socket in a few words; null while it is up or bound, which its lines show. */
export function stateWords(socket: SocketView, nowMs: number): string | null {
  switch (socket.state.is) {
    case 'up':
    case 'listening':
    case 'off':
      return null
    case 'connecting':
      return isGone(socket) ? 'retrying' : 'connecting'
    case 'handshaking':
      return 'handshake in progress'
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

/** Whether a socket has tried to reach its peer, and failed. */
function isGone(socket: SocketView): boolean {
  return socket.downSinceMs !== null && socket.attempts > 0
}

/** What is written at a port that is not up: its state and the reason, in short lines. */
export function noteOf({ sockets }: Port, nowMs: number, chars: number, linesMax: number): string[] {
  const [socket, ...others] = sockets
  if (!socket || others.length > 0) return []
  if (socket.warning) return wrap(socket.warning, chars, linesMax)
  const words = stateWords(socket, nowMs)
  if (words === null) return []
  if (isGone(socket) && socket.downSinceMs !== null) {
    // The count has its own line, so that those above do not change with it.
    const since = `gone since ${clock(socket.downSinceMs)}`
    return [...wrap(since, chars, 2), ...wrap(`tried ${plural(socket.attempts, 'time')}`, chars, 1)].slice(0, linesMax)
  }
  const reason = 'reason' in socket.state ? socket.state.reason : null
  return wrap(reason === null || socket.state.is === 'stale' ? words : `${words}: ${reason}`, chars, linesMax)
}

/** The figure at a port: messages a second, and how they are carried if not over tcp. */
export function figureOf({ perSecond, onTheWay }: Rate, transport: string | null): { rate: string; more: string[] } {
  const more = [
    ...(transport !== null && transport !== 'tcp' ? [transport] : []),
    ...(onTheWay !== null && onTheWay > 0 ? [`${count(onTheWay)} on the way`] : []),
  ]
  return { rate: perSecond > 0 ? rate(perSecond) : '', more }
}

/** What a screen reader says of a socket. */
export function heardOfPort(port: Port, nowMs: number, { perSecond }: Rate): string {
  const [socket] = port.sockets
  if (!socket) return 'a socket that does not report'
  const where = [
    ...socket.bound.slice(0, 3).map((endpoint) => `bound at ${endpoint}`),
    ...socket.connected.slice(0, 3).map((endpoint) => `connects to ${endpoint}`),
  ]
  const state =
    stateWords(socket, nowMs) ?? (socket.state.is === 'listening' ? 'no peer' : plural(socket.peers, 'peer'))
  const details = 'reason' in socket.state ? ` (${socket.state.reason})` : ''
  return `${socket.name} ${socket.type}, ${[...where, `${state}${details}`, rate(perSecond)].join(', ')}`
}

/** What a screen reader says of a box. */
export function heardOfNode(node: Node, title: string, nowMs: number): string {
  const [process] = node.processes
  const many = node.processes.length + node.strangers.length
  if (node.kind === 'group') return `${title}: ${plural(many, 'member')}. Opens the group.`
  if (!process) return `${title}: ${node.kind === 'absent' ? 'no process' : 'does not report'}`
  const presence = presenceOf(node) === 'present' ? 'reports' : (absenceOf(node, nowMs) ?? '')
  return `${title}, ${process.language}, pid ${process.pid} at ${process.host}: ${presence}, ${plural(process.sockets.length + process.moreSockets, 'socket')}`
}

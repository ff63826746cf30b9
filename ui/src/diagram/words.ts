// What the diagram says in words.

import { count, plural, rate } from '../format'
import { endpointsOf } from '../state/cast'
import { goneWords, isUp, PRESENCE_NAMES, presenceWords, stateReason, stateWords } from '../state/status'
import type { Node, Port } from './graph'
import { presenceOf } from './look'
import { wrap } from './path'
import type { Rate } from './rates'

/** What is said of the processes of a box that do not report; null if all do. */
export function absenceOf(node: Node, nowMs: number): string | null {
  const [first, ...others] = node.processes
  if (node.kind === 'absent') return 'no process'
  if (!first) return null
  if (others.length === 0) return first.presence === 'present' ? null : presenceWords(first, nowMs)
  const parts = (['suspended', 'silent', 'gone'] as const).flatMap((presence) => {
    const many = node.processes.filter((process) => process.presence === presence).length
    return many > 0 ? [`${many} ${PRESENCE_NAMES[presence]}`] : []
  })
  return parts.length > 0 ? parts.join(', ') : null
}

/** What is written at a port that is not up: its state and the reason, in short lines. */
export function noteOf({ sockets }: Port, nowMs: number, chars: number, linesMax: number): string[] {
  const [socket, ...others] = sockets
  if (!socket || others.length > 0 || linesMax === 0) return []
  if (socket.warning) return wrap(socket.warning, chars, linesMax)
  if (isUp(socket) || socket.state.is === 'off') return []
  const gone = goneWords(socket)
  // The count has its own line, so that those above do not change with it.
  if (gone !== null)
    return gone
      .split(', ')
      .flatMap((part) => wrap(part, chars, 2))
      .slice(0, linesMax)
  const words = stateWords(socket, nowMs)
  const reason = socket.state.is === 'stale' ? null : stateReason(socket)
  return wrap(reason === null ? words : `${words}: ${reason}`, chars, linesMax)
}

/** The figure at a port: messages a second, and how they are carried if not over tcp. */
export function figureOf({ perSecond, onTheWay }: Rate, transport: string | null): { rate: string; more: string[] } {
  const more = [
    ...(transport !== null && transport !== 'tcp' ? [transport] : []),
    ...(onTheWay !== null && onTheWay > 0 ? [`${count(onTheWay)} on the way`] : []),
  ]
  return { rate: perSecond > 0 ? rate(perSecond) : '', more }
}

/**
 * The figures inside a box, next to a port: messages a second, and those that have arrived and wait, if they will do so for
 * a second and more: fewer come and go from second to second.
 */
export function figuresOf({ perSecond, waiting }: Rate): string[] {
  const wait = waiting !== null && waiting > 0 && waiting >= perSecond
  return [...(perSecond > 0 ? [rate(perSecond)] : []), ...(wait ? [`${count(waiting)} wait`] : [])]
}

/** What a screen reader says of a socket. */
export function heardOfPort(port: Port, nowMs: number, { perSecond, waiting }: Rate): string {
  const [socket] = port.sockets
  if (!socket) return 'a socket that does not report'
  const where = endpointsOf(socket)
    .slice(0, 3)
    .map(({ verb, endpoint }) => `${verb} ${endpoint}`)
  const reason = stateReason(socket)
  const state = `${stateWords(socket, nowMs)}${reason === null ? '' : ` (${reason})`}`
  const wait = waiting ? [`${plural(waiting, 'message')} waiting`] : []
  return `${socket.name} ${socket.type}, ${[...where, state, rate(perSecond), ...wait].join(', ')}`
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

// The state of sockets and processes as words: for the header, the diagram and the panels.

import type { CastProcess } from '../generated/CastProcess'
import type { CastView } from '../generated/CastView'
import type { ConnectionPhase } from '../generated/ConnectionPhase'
import type { Presence } from '../generated/Presence'
import type { SocketView } from '../generated/SocketView'
import { clock, count, plural } from '../format'
import { processName } from './cast'
import { ageWords } from './freshness'

/** ZeroMQ's patterns; each has one colour, everywhere the same. What is of none is grey. */
export type Pattern = 'reqrep' | 'pubsub' | 'pipe' | 'pair' | 'neutral'

const PATTERNS: Readonly<Record<string, Pattern>> = {
  REQ: 'reqrep',
  REP: 'reqrep',
  DEALER: 'reqrep',
  ROUTER: 'reqrep',
  CLIENT: 'reqrep',
  SERVER: 'reqrep',
  PUB: 'pubsub',
  SUB: 'pubsub',
  XPUB: 'pubsub',
  XSUB: 'pubsub',
  RADIO: 'pubsub',
  DISH: 'pubsub',
  PUSH: 'pipe',
  PULL: 'pipe',
  SCATTER: 'pipe',
  GATHER: 'pipe',
  PAIR: 'pair',
  CHANNEL: 'pair',
}

/** Which pattern a socket of a type, such as `XPUB`, is part of. */
export function patternOf(type: string): Pattern {
  return Object.hasOwn(PATTERNS, type) ? (PATTERNS[type] ?? 'neutral') : 'neutral'
}

/** Whether a socket binds. One that does both is one that binds. */
export function binds(socket: SocketView): boolean {
  return socket.bound.length > 0
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
      return binds(socket) || socket.peers > 1 ? plural(socket.peers, 'peer') : 'up'
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

/** How long a socket has been without its peer: `down since 23:31:46, tried 17 times`; null while it is not. */
export function goneWords(socket: SocketView): string | null {
  if (!isGone(socket) || socket.downSinceMs === null) return null
  return `down since ${clock(socket.downSinceMs)}, tried ${plural(socket.attempts, 'time')}`
}

/** Whether a socket has tried to reach its peer, and failed. */
export function isGone(socket: SocketView): boolean {
  return socket.downSinceMs !== null && socket.attempts > 0 && !isUp(socket)
}

/** The reason of a state, as a sentence. */
export function stateReason(socket: SocketView): string | null {
  return 'reason' in socket.state ? socket.state.reason : null
}

/** The phase of a connection as words. */
export const PHASE_WORDS: Record<ConnectionPhase, string> = {
  up: 'up',
  handshake: 'handshake in progress',
  connecting: 'connecting',
  retrying: 'retrying',
  refused: 'refused',
  closed: 'closed',
}

/** Whether a process reports, in a few words. */
export function presenceWords({ presence, sinceMs }: CastProcess, nowMs: number): string {
  switch (presence) {
    case 'present':
      return 'reporting'
    case 'suspended':
      return `suspended for ${ageWords(nowMs - sinceMs)}`
    case 'silent':
      return `silent for ${ageWords(nowMs - sinceMs)}`
    case 'gone':
      return `ended ${ageWords(nowMs - sinceMs)} ago`
  }
}

/** The same in one word. */
export const PRESENCE_NAMES: Record<Presence, string> = {
  present: 'reporting',
  suspended: 'suspended',
  silent: 'silent',
  gone: 'ended',
}

/** The same as a mark. */
export const PRESENCE_MARKS: Record<Presence, string> = { present: '●', suspended: '‖', silent: '◌', gone: '✕' }

/** That events of a process are missing. */
export function missingWords(events: number): string {
  return `${events === 1 ? '1 event is missing: it was' : `${count(events)} events are missing: they were`} lost, or too many came.`
}

export interface Status {
  /** Whether everything does what it is there for. */
  ok: boolean
  words: string
}

/**
 * The state of the cast: what is wrong with the worst of it, if anything is, and `14 connections up`. Sockets of
 * this desk count if they are for one of the services.
 */
export function statusOf(cast: CastView, services: readonly string[], nowMs: number): Status {
  if (cast.processes.length === 0) return { ok: false, words: cast.fault ?? 'waiting for dealz' }
  const words = `${plural(connectionsUp(cast), 'connection')} up`
  const own = cast.processes.filter(({ isDesk }) => isDesk)
  const others = cast.processes.filter(({ isDesk, presence }) => !isDesk && presence === 'present')
  const isUsed = ({ name }: SocketView) => services.some((service) => name.startsWith(`${service}.`))
  const wrong =
    cast.fault ??
    worstSocket(own, WORST, isUsed, nowMs) ??
    worstProcess(cast, nowMs) ??
    worstSocket(others, WORST_ELSEWHERE, () => true, nowMs)
  return wrong === null ? { ok: true, words } : { ok: false, words: `${wrong} · ${words}` }
}

/** How many connections are up; one between two processes of the cast is one. */
export function connectionsUp(cast: CastView): number {
  return cast.lines.reduce((sum, { phase, count }) => sum + (phase === 'up' ? count : 0), 0)
}

/** What is worth saying first of a socket of this desk. */
const WORST = ['failed', 'refused', 'stale', 'retrying', 'off', 'handshaking', 'connecting'] as const
/** The same of any other: what it is about to do passes. */
const WORST_ELSEWHERE = ['failed', 'refused', 'stale', 'retrying'] as const

/** The first socket in the worst state of those named, as words. */
function worstSocket(
  processes: readonly CastProcess[],
  worst: readonly SocketView['state']['is'][],
  counts: (socket: SocketView) => boolean,
  nowMs: number,
): string | null {
  for (const is of worst) {
    for (const process of processes) {
      const socket = process.sockets.find((socket) => socket.state.is === is && counts(socket))
      if (socket) return `${shortName(process, socket)} ${stateWords(socket, nowMs)}`
    }
  }
  return null
}

function worstProcess(cast: CastView, nowMs: number): string | null {
  const process = cast.processes.find(({ presence }) => presence === 'suspended' || presence === 'silent')
  return process ? `${processName(process)} ${presenceWords(process, nowMs)}` : null
}

/** A socket in two words: `broker ROUTER`. One of this desk is named by the service that it is for: `tickz SUB`. */
export function shortName({ program, isDesk }: CastProcess, { name, type }: SocketView): string {
  return `${isDesk ? name.split('.')[0] : program} ${type}`
}

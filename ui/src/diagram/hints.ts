// Where the programs of the suite are drawn, so that the known cast is always where people have seen it: services left,
// the desk in the middle, workers right. All other programs find their place by what they are connected to.

import type { CastProcess } from '../generated/CastProcess'

export interface Hint {
  column: number
  /** The rows that it takes if they are free, the first that is, counted in rows of the form `tall`. */
  at: readonly number[]
  /** How high it is in that form, so that its lines have room; as high as its ports need otherwise. */
  size?: number
  /** Its least width, in em, so that others stay where they are when it comes. */
  width?: number
}

const HINTS: Readonly<Record<string, Hint>> = {
  'chatz serve': { column: 0, at: [0], size: 10.4 },
  'tickz publish': { column: 0, at: [14.4] },
  // The second one is at the bottom, so that a third one has room between them.
  'valuz worker': { column: 2, at: [0, 18.6, 9.3], width: 11.4 },
}

/** Who is at the other end of the desk's sockets, by the first part of their names. */
const PEERS: Readonly<Record<string, string>> = { chatz: 'chatz serve', tickz: 'tickz publish', valuz: 'valuz worker' }

const DESK: Hint = { column: 1, at: [0], size: 22 }

export function hintOf({ program, role, isDesk }: Pick<CastProcess, 'program' | 'role' | 'isDesk'>): Hint | null {
  return isDesk ? DESK : hintFor(`${program} ${role}`)
}

/** The program that a socket of the desk is there for, known by the name of the socket. */
export function peerOf(socket: string): { name: string; hint: Hint } | null {
  const first = socket.split('.')[0] ?? ''
  const name = Object.hasOwn(PEERS, first) ? (PEERS[first] ?? '') : ''
  const hint = hintFor(name)
  return hint === null ? null : { name, hint }
}

/** The order of the desk's sockets in its box, from the top: first those at the left. */
const DESK_ORDER = ['chatz.req', 'chatz.sub', 'tickz.sub', 'valuz.push', 'valuz.pull', 'valuz.pub']
const DESK_LEFT = 3

/** The order of the suite's sockets in their boxes: level with the desk's, whatever the order of the reports. */
const ORDER = [
  ...DESK_ORDER,
  'chatz.requests',
  'chatz.broadcasts',
  'valuz.worker.orders',
  'valuz.worker.results',
  'valuz.worker.control',
]

/** The place of a socket in its box; those with the same keep the order in which they are reported. */
export function orderOf(socket: string): number {
  const place = ORDER.indexOf(socket)
  return place < 0 ? ORDER.length : place
}

/** On which side the desk has a socket while it has no peer. */
export function deskSide(socket: string): 'left' | 'right' | null {
  const place = DESK_ORDER.indexOf(socket)
  if (place < 0) return null
  return place < DESK_LEFT ? 'left' : 'right'
}

function hintFor(name: string): Hint | null {
  return Object.hasOwn(HINTS, name) ? (HINTS[name] ?? null) : null
}

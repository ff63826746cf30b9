// Where the programs of the suite are drawn, so that the known cast is always where people have seen it: services left,
// the desk in the middle, workers right. All other programs find their place by what they are connected to.

import type { CastProcess } from '../generated/CastProcess'

export interface Hint {
  column: number
  /** The row that it takes if that is free, counted in the rows of `FORMS.full`. */
  at?: number
}

const HINTS: Readonly<Record<string, Hint>> = {
  'chatz serve': { column: 0, at: 0 },
  'tickz publish': { column: 0, at: 8.5 },
  'valuz worker': { column: 2 },
}

/** The services of the suite, by the first part of the names of sockets that connect to them. */
const SERVICES: Readonly<Record<string, string>> = { chatz: 'chatz serve', tickz: 'tickz publish' }

const DESK: Hint = { column: 1, at: 0 }

export function hintOf({ program, role, isDesk }: Pick<CastProcess, 'program' | 'role' | 'isDesk'>): Hint | null {
  return isDesk ? DESK : hintFor(`${program} ${role}`)
}

/** The service that a socket of the desk connects to, known by the name of the socket. */
export function serviceOf(socket: string): { name: string; hint: Hint } | null {
  const name = socket.split('.')[0] ?? ''
  const hint = Object.hasOwn(SERVICES, name) ? hintFor(SERVICES[name] ?? '') : null
  return hint === null ? null : { name, hint }
}

/** The order of the desk's sockets in its box, from the top. */
const DESK_ORDER = ['chatz.req', 'chatz.sub', 'tickz.sub', 'valuz.push', 'valuz.pull', 'valuz.pub']

/** The place of a socket in its box; those with the same keep the order in which they are reported. */
export function orderOf(isDesk: boolean, socket: string): number {
  const place = isDesk ? DESK_ORDER.indexOf(socket) : -1
  return place < 0 ? DESK_ORDER.length : place
}

/** On which side the desk has a socket while it has no peer. */
export function deskSide(socket: string): 'left' | 'right' | null {
  const place = DESK_ORDER.indexOf(socket)
  if (place < 0) return null
  return place < 3 ? 'left' : 'right'
}

function hintFor(name: string): Hint | null {
  return Object.hasOwn(HINTS, name) ? (HINTS[name] ?? null) : null
}

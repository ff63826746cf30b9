// Which sockets are shown, and under which processes. Pure.

import type { CastProcess } from '../generated/CastProcess'
import type { SocketView } from '../generated/SocketView'
import type { CastView } from '../generated/CastView'
import { nearProcesses, placesOf } from './cast'

/** A process and those of its sockets that are shown. */
export interface Group {
  readonly process: CastProcess
  readonly sockets: readonly SocketView[]
}

/** What is shown: all, what this desk is connected with, one process by its id, or one socket by its key. */
export type Scope = 'all' | 'near' | { readonly process: string } | { readonly socket: string }

/** So many sockets are shown at once without a choice. */
const FEW = 16

/** All sockets if they are few, or this desk is connected with none of them; otherwise those that it is connected with. */
export function firstScope(cast: CastView): Scope {
  return placesOf(cast).size <= FEW || nearProcesses(cast).length <= 1 ? 'all' : 'near'
}

/** A scope as the value of a field, and back. */
export function scopeText(scope: Scope): string {
  if (typeof scope === 'string') return scope
  return 'process' in scope ? `process ${scope.process}` : `socket ${scope.socket}`
}

export function scopeOf(text: string): Scope {
  const [kind, id = ''] = text.split(' ', 2)
  if (kind === 'process') return { process: id }
  if (kind === 'socket') return { socket: id }
  return kind === 'near' ? 'near' : 'all'
}

/** The processes of a scope with their sockets, this desk first. */
export function groupsOf(cast: CastView, scope: Scope): Group[] {
  const groups = processesOf(cast, scope).map((process) => ({
    process,
    sockets:
      typeof scope === 'object' && 'socket' in scope
        ? process.sockets.filter(({ key }) => key === scope.socket)
        : process.sockets,
  }))
  return groups.filter(({ sockets }) => sockets.length > 0)
}

function processesOf(cast: CastView, scope: Scope): readonly CastProcess[] {
  if (scope === 'near') return nearProcesses(cast)
  const all = [...cast.processes].sort((one, other) => Number(other.isDesk) - Number(one.isDesk))
  return typeof scope === 'object' && 'process' in scope ? all.filter(({ id }) => id === scope.process) : all
}

// The part of the cast that belongs to the open scene, and what a scene calls it. Pure.

import type { CastProcess } from '../generated/CastProcess'
import type { CastView } from '../generated/CastView'
import type { Stranger } from '../generated/Stranger'
import { idOf } from './cast'

/** The names of a scene's processes, by their process ids on this machine. */
export type Names = ReadonlyMap<number, string>

/** A cast in which the processes of a scene have the names that its text uses, whether they report or not. */
export function named(cast: CastView, names: Names): CastView {
  const isActor = actorsOf(cast, names)
  const processes = cast.processes.map((process) =>
    isActor(process) ? { ...process, child: names.get(process.pid) ?? null } : process,
  )
  const strangers = cast.strangers.map((stranger) => {
    const name = stranger.pid === null ? undefined : names.get(stranger.pid)
    return name === undefined ? stranger : { ...stranger, child: name }
  })
  return { ...cast, processes, strangers }
}

/**
 * The processes of a scene, and what is connected to them: their children, a guest from another terminal, another peer that
 * does not report. The desk has no socket in a scene.
 */
export function troupeOf(cast: CastView, names: Names): CastView {
  const desk = deskOf(cast)
  const isActor = actorsOf(cast, names)
  const isThere = ({ pid }: Stranger) => pid !== null && names.has(pid)
  const inside = new Set([...cast.processes.filter(isActor), ...cast.strangers.filter(isThere)].map(({ id }) => id))
  const ends = cast.lines.map(({ from, to }) => [boxOf(cast, from), boxOf(cast, to)] as const)
  for (let before = -1; before < inside.size;) {
    before = inside.size
    for (const [from, to] of ends) {
      if (from === desk?.id || to === desk?.id || inside.has(from) === inside.has(to)) continue
      inside.add(from).add(to)
    }
  }
  return {
    ...cast,
    processes: cast.processes.filter(({ id }) => inside.has(id)),
    strangers: cast.strangers.filter(({ id }) => inside.has(id)),
    lines: cast.lines.filter((_, index) => inside.has(ends[index]?.[0] ?? '')),
    others: 0,
  }
}

function deskOf({ processes }: CastView): CastProcess | undefined {
  return processes.find(({ isDesk }) => isDesk)
}

/** Whether a process is one of a scene's. */
function actorsOf(cast: CastView, names: Names): (process: CastProcess) => boolean {
  const desk = deskOf(cast)
  return ({ host, pid, isDesk }) => !isDesk && names.has(pid) && (desk === undefined || host === desk.host)
}

/** The process of an end of a line, or the peer that does not report. */
function boxOf({ strangers }: CastView, end: string): string {
  return strangers.some(({ id }) => id === end) ? end : idOf(end)
}

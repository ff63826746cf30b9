// The services that this desk uses, and which of them are there to be seen. Pure.

import type { SocketView } from '../generated/SocketView'
import { nearProcesses, ownProcess } from './cast'
import type { Desk } from './desk'
import type { Group } from './scope'
import { isUp } from './status'
import { presentWorkers } from './workers'

export const SERVICES = ['tickz', 'chatz', 'valuz'] as const
export type Service = (typeof SERVICES)[number]

/**
 * The services that have a panel on the desk: all of them, unless the cast is that of another system; then those that are
 * there.
 */
export function shownServices(desk: Desk): readonly Service[] {
  const isForeign = desk.cast.processes.some(({ program, isDesk }) => !isDesk && !isService(program))
  return isForeign ? SERVICES.filter((service) => isThere(desk, service)) : SERVICES
}

function isService(program: string): boolean {
  return SERVICES.some((service) => service === program)
}

function isThere(desk: Desk, service: Service): boolean {
  const { cast, tickz, chatz, valuz, processes } = desk
  if (cast.processes.some(({ program }) => program === service)) return true
  switch (service) {
    case 'tickz':
      return tickz.received > 0 || processes.some(({ id }) => id === service)
    case 'chatz':
      return chatz.link !== 'connecting' || processes.some(({ id }) => id === service)
    case 'valuz':
      return presentWorkers(valuz) > 0 || (valuz?.batch ?? null) !== null
  }
}

/** A few sockets for a strip of lanes: those with which this desk uses its services; without services those of others. */
export function stripGroups(desk: Desk, max: number): Group[] {
  const own = ownProcess(desk)
  const services = shownServices(desk)
  const isOwn = ({ name }: SocketView) => services.some((service) => name.startsWith(`${service}.`))
  const sockets = own?.sockets.filter((socket) => isOwn(socket)) ?? []
  if (own && sockets.length > 0) return [{ process: own, sockets: sockets.slice(0, max) }]
  const groups: Group[] = []
  let left = max
  for (const process of [...nearProcesses(desk.cast), ...desk.cast.processes]) {
    if (process.isDesk || left <= 0 || groups.some((group) => group.process.id === process.id)) continue
    const some = process.sockets.filter((socket) => isUp(socket)).slice(0, left)
    left -= some.length
    if (some.length > 0) groups.push({ process, sockets: some })
  }
  return groups
}

// The lanes of the monitors in rows: under each process its sockets. Pure.

import type { CastProcess } from '../../generated/CastProcess'
import type { SocketView } from '../../generated/SocketView'
import type { Group } from '../../state/scope'

/** A row of the lanes: the name of a process, or the lane of one of its sockets. */
export type Row =
  | { readonly is: 'process'; readonly process: CastProcess; readonly y: number; readonly height: number }
  | {
      readonly is: 'socket'
      readonly process: CastProcess
      readonly socket: SocketView
      readonly y: number
      readonly height: number
    }

/** The rows of groups, from the top; without names of processes if those have no height. */
export function rowsOf(groups: readonly Group[], nameHeight: number, laneHeight: number): Row[] {
  const rows: Row[] = []
  let y = 0
  for (const { process, sockets } of groups) {
    if (nameHeight > 0) {
      rows.push({ is: 'process', process, y, height: nameHeight })
      y += nameHeight
    }
    for (const socket of sockets) {
      rows.push({ is: 'socket', process, socket, y, height: laneHeight })
      y += laneHeight
    }
  }
  return rows
}

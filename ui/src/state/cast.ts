// The cast: the processes that report, and their sockets. Finding one of them, and what each is called. Pure.

import type { CastProcess } from '../generated/CastProcess'
import type { CastView } from '../generated/CastView'
import type { ProcessCounts } from '../generated/ProcessCounts'
import type { SocketCounts } from '../generated/SocketCounts'
import type { SocketView } from '../generated/SocketView'

export const NO_CAST: CastView = { processes: [], strangers: [], lines: [], others: 0, malformed: 0, fault: null }

export const NO_COUNTS: SocketCounts = {
  received: 0,
  sent: 0,
  receivedBytes: 0,
  sentBytes: 0,
  receivedPerSecond: 0,
  sentPerSecond: 0,
  malformed: 0,
  onTheWay: null,
  waiting: null,
}

/** What has a cast and its counts: the whole desk has. */
export interface Observed {
  readonly cast: CastView
  /** By process. */
  readonly counts: ReadonlyMap<string, ProcessCounts>
}

/** What is open or pointed at: a socket by its key, or a process by its id. */
export type Selection = { readonly socket: string } | { readonly process: string }

/** A socket where it is. */
export interface Place {
  readonly process: CastProcess
  readonly socket: SocketView
  /** Its position in its process. */
  readonly index: number
}

const places = new WeakMap<CastView, ReadonlyMap<string, Place>>()

/** All sockets of a cast, by their keys, in the order of their processes. */
export function placesOf(cast: CastView): ReadonlyMap<string, Place> {
  let all = places.get(cast)
  if (all === undefined) {
    all = new Map(
      cast.processes.flatMap((process) =>
        process.sockets.map((socket, index): [string, Place] => [socket.key, { process, socket, index }]),
      ),
    )
    places.set(cast, all)
  }
  return all
}

export function placeOf({ cast }: Observed, key: string | null): Place | undefined {
  return key === null ? undefined : placesOf(cast).get(key)
}

export function socketOf(observed: Observed, key: string | null): SocketView | undefined {
  return placeOf(observed, key)?.socket
}

export function processOf({ cast }: Observed, id: string): CastProcess | undefined {
  return cast.processes.find((process) => process.id === id)
}

/** This desk's own process, once it is seen on its bus. */
export function ownProcess({ cast }: Observed): CastProcess | undefined {
  return cast.processes.find(({ isDesk }) => isDesk)
}

/** One of this desk's own sockets, by its name in its process: `tickz.sub`. */
export function ownSocket(observed: Observed, name: string): SocketView | undefined {
  return ownProcess(observed)?.sockets.find((socket) => socket.name === name)
}

/** The counts of a socket; zeros before there are any. */
export function countsOf(observed: Observed, key: string | null): SocketCounts {
  const place = placeOf(observed, key)
  if (!place) return NO_COUNTS
  return observed.counts.get(place.process.id)?.sockets[place.index] ?? NO_COUNTS
}

/** A process as people say it: `valuz worker`. */
export function processName({ program, role, isDesk }: CastProcess): string {
  return role === '' || isDesk ? program : `${program} ${role}`
}

/** What distinguishes it from others of that name: `worker-1`, or its process id. */
export function processMark({ child, pid, isDesk, program }: CastProcess): string {
  if (isDesk) return 'this desk'
  return child !== null && child !== program ? child : `pid ${pid}`
}

/** Both: `valuz worker · worker-1`. */
export function processTitle(process: CastProcess): string {
  return `${processName(process)} · ${processMark(process)}`
}

/** What a socket is called next to its type: by its channel, or by its name if another one has that type and channel. */
export function channelName({ sockets }: CastProcess, { key, type, channel, name }: SocketView): string {
  const isShared = sockets.some((other) => other.key !== key && other.type === type && other.channel === channel)
  return channel === null || isShared ? name : channel
}

/** A socket within its process: `XPUB ticks`. */
export function portName(process: CastProcess, socket: SocketView): string {
  return `${socket.type} ${channelName(process, socket)}`
}

/** A socket among all: `tickz publish XPUB ticks`. */
export function socketName({ process, socket }: Place): string {
  return `${processName(process)} ${portName(process, socket)}`
}

/** The endpoints of a socket, with what it does there. */
export function endpointsOf(socket: SocketView): { verb: 'bound to' | 'connects to'; endpoint: string }[] {
  return [
    ...socket.bound.map((endpoint) => ({ verb: 'bound to' as const, endpoint })),
    ...socket.connected.map((endpoint) => ({ verb: 'connects to' as const, endpoint })),
  ]
}

/** The first of them: a socket of the suite has one. */
export function endpointOf(socket: SocketView): string {
  return socket.bound[0] ?? socket.connected[0] ?? ''
}

/** The processes that this desk is connected with, itself first: what is shown until more is asked for. */
export function nearProcesses(cast: CastView): CastProcess[] {
  const own = cast.processes.find(({ isDesk }) => isDesk)
  if (!own) return cast.processes
  const near = new Set([own.id])
  for (const { from, to } of cast.lines) {
    const ends = [idOf(from), idOf(to)]
    if (ends.includes(own.id)) for (const id of ends) near.add(id)
  }
  const others = cast.processes.filter(({ id, isDesk }) => !isDesk && near.has(id))
  return [own, ...others]
}

/** The process of a key `PROCESS/SOCKET`. */
export function idOf(key: string): string {
  return key.split('/', 1)[0] ?? ''
}

/** What an end of a connection or a line is called: a socket, or a peer that does not report. */
export function peerName({ cast }: Observed, id: string | null): string | null {
  if (id === null) return null
  const place = placesOf(cast).get(id)
  if (place) return `${socketName(place)} · ${processMark(place.process)}`
  const stranger = cast.strangers.find((stranger) => stranger.id === id)
  return stranger ? (stranger.child ?? stranger.holder ?? stranger.address) : null
}

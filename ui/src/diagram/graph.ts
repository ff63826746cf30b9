// A cast as boxes with ports and links between them: without duplicates, and without lines that end nowhere.

import type { CastProcess } from '../generated/CastProcess'
import type { CastView } from '../generated/CastView'
import type { ConnectionPhase } from '../generated/ConnectionPhase'
import type { SocketView } from '../generated/SocketView'
import type { Stranger } from '../generated/Stranger'
import { type Hint, hintOf, orderOf, peerOf } from './hints'
import { type Pattern, patternOf } from '../state/status'
import { flowOf } from './kinds'

/** A socket in a box. A peer that does not report has one for each socket that is connected to it, of unknown type. */
export interface Port {
  /** A socket's key, or a name that no socket has. */
  key: string
  /** libzmq's name of its type; empty if it is not known. */
  type: string
  pattern: Pattern
  /** The sockets that it stands for: one, several in a group, none if they do not report. */
  sockets: readonly SocketView[]
}

/** A box: a process, a peer that does not report, or an address where there is no process. */
export interface Node {
  id: string
  kind: 'process' | 'stranger' | 'absent' | 'group'
  ports: readonly Port[]
  hint: Hint | null
  /** The processes that it stands for. */
  processes: readonly CastProcess[]
  strangers: readonly Stranger[]
  /** Whether there are others of the same program and role. */
  twins: boolean
  /** What is absent: a service of the suite, or an address. */
  absent: string | null
}

/** A line between two ports. */
export interface Link {
  id: string
  /** The port that connects. */
  from: string
  to: string
  phase: ConnectionPhase
  /** How many connections it stands for. */
  count: number
  /** `tcp`, `ipc`, `inproc`; null if it is not known. */
  transport: string | null
}

export interface Graph {
  nodes: readonly Node[]
  links: readonly Link[]
  /** The node that has a port. */
  nodeOf: ReadonlyMap<string, Node>
  portOf: ReadonlyMap<string, Port>
}

/** The graph of a cast. */
export function graphOf(cast: CastView): Graph {
  const nodes: Node[] = []
  const names = new Map<string, number>()
  const nameOf = ({ program, role }: CastProcess) => JSON.stringify([program, role])
  for (const each of cast.processes) names.set(nameOf(each), (names.get(nameOf(each)) ?? 0) + 1)
  const strangers = new Map<string, { node: Node; ports: Port[] }>()
  const ports = new Map<string, Port>()
  const ids = new Set<string>()
  for (const process of cast.processes) {
    if (ids.has(process.id)) continue
    ids.add(process.id)
    const own = process.sockets
      .filter(({ key }) => !ports.has(key) && ports.set(key, {} as Port))
      .map((socket) => ({ socket, order: orderOf(socket.name) }))
      .sort((a, b) => a.order - b.order)
      .map(({ socket }) => portOf(socket))
    own.forEach((port) => ports.set(port.key, port))
    nodes.push({
      ...EMPTY,
      id: process.id,
      kind: 'process',
      ports: own,
      hint: hintOf(process),
      processes: [process],
      twins: (names.get(nameOf(process)) ?? 0) > 1,
    })
  }
  const outside = (id: string, make: () => Partial<Node>) => {
    const known = strangers.get(id)
    if (known) return known
    const own: Port[] = []
    const node: Node = { ...EMPTY, id, kind: 'stranger', ports: own, ...make() }
    nodes.push(node)
    const entry = { node, ports: own }
    strangers.set(id, entry)
    return entry
  }
  for (const stranger of cast.strangers) {
    if (!ids.has(stranger.id)) outside(stranger.id, () => ({ strangers: [stranger] }))
  }

  const links = new Map<string, Link>()
  const link = (from: Port, to: Port, phase: ConnectionPhase, count: number) => {
    const id = `${from.key} ${to.key}`
    if (!links.has(id))
      links.set(id, { id, from: from.key, to: to.key, phase, count, transport: transportOf(from, to) })
  }
  /** The port of a stranger to which one socket is connected. */
  const portAt = ({ node, ports: own }: { node: Node; ports: Port[] }, socket: Port): Port => {
    const key = `${node.id}#${socket.key}`
    const known = ports.get(key)
    if (known) return known
    const port: Port = { key, type: '', pattern: socket.pattern, sockets: [] }
    own.push(port)
    ports.set(key, port)
    return port
  }
  for (const { from, to, phase, count } of cast.lines) {
    const [first, second] = [ports.get(from), ports.get(to)]
    const stranger = strangers.get(to)
    if (first && second && first !== second) link(first, second, phase, count)
    else if (first && stranger) link(first, portAt(stranger, first), phase, count)
  }
  // What a socket tries to reach, and does not: its peer is not there, so no line is known.
  const absent = (port: Port, name: string, hint: Hint | null, phase: ConnectionPhase) => {
    const there = outside(`absent ${name}`, () => ({ kind: 'absent', absent: name, hint }))
    link(port, portAt(there, port), phase, 1)
  }
  const connected = new Set([...links.values()].flatMap(({ from, to }) => [from, to]))
  for (const node of nodes.filter(({ kind }) => kind === 'process')) {
    const isDesk = node.processes[0]?.isDesk
    for (const port of node.ports) {
      const [socket] = port.sockets
      if (!socket) continue
      const known = isDesk ? peerOf(socket.name) : null
      const attempts = socket.connections.filter(({ peer, phase }) => peer === null && ATTEMPTS.has(phase))
      for (const { endpoint, phase } of attempts) {
        if (socket.connected.includes(endpoint)) absent(port, known?.name ?? endpoint, known?.hint ?? null, phase)
      }
      // The desk's own sockets show what they wait for, so that it has its place when it comes.
      if (known && attempts.length === 0 && !connected.has(port.key)) absent(port, known.name, known.hint, 'closed')
    }
  }
  const seen = nodes.filter(({ kind, ports: own }) => kind === 'process' || own.length > 0)
  return indexed(seen, [...links.values()])
}

/** A graph of boxes and lines. */
export function indexed(nodes: readonly Node[], links: readonly Link[]): Graph {
  const nodeOf = new Map<string, Node>()
  const portOf = new Map<string, Port>()
  for (const node of nodes) {
    for (const port of node.ports) {
      nodeOf.set(port.key, node)
      portOf.set(port.key, port)
    }
  }
  return { nodes, links: links.filter(({ from, to }) => portOf.has(from) && portOf.has(to)), nodeOf, portOf }
}

/** The pattern of a line: that of the end that connects, or of the other one if that has none, such as a link. */
export function patternOfLine({ portOf }: Graph, { from, to }: Pick<Link, 'from' | 'to'>): Pattern {
  const patterns = [from, to].map((key) => portOf.get(key)?.pattern ?? 'neutral')
  return patterns.find((pattern) => pattern !== 'neutral') ?? 'neutral'
}

/** The phases of a connection that is not there yet. */
const ATTEMPTS: ReadonlySet<ConnectionPhase> = new Set(['connecting', 'handshake', 'retrying', 'refused'])

const EMPTY = {
  ports: [],
  hint: null,
  processes: [],
  strangers: [],
  absent: null,
  twins: false,
} satisfies Partial<Node>

function portOf(socket: SocketView): Port {
  return { key: socket.key, type: socket.type, pattern: patternOf(socket.type), sockets: [socket] }
}

/** How two ports are connected: by the endpoint that both know, else by the only kind that one of them has. */
function transportOf(from: Port, to: Port): string | null {
  const [connected, bound] = [endpointsOf(from), endpointsOf(to)]
  const endpoint = connected.find((each) => bound.includes(each)) ?? connected[0] ?? bound[0]
  return endpoint?.split('://')[0] ?? null
}

function endpointsOf({ sockets }: Port): string[] {
  return sockets.flatMap(({ connected, bound }) => [...connected, ...bound])
}

/** Where messages of a link arrive: at its second port, its first, or both. */
export function headsOf(graph: Graph, { from, to }: Link): 'end' | 'start' | 'both' {
  const [first, second] = [flowOf(graph.portOf.get(from)?.type ?? ''), flowOf(graph.portOf.get(to)?.type ?? '')]
  if (first === 'out' || second === 'in') return 'end'
  return first === 'in' || second === 'out' ? 'start' : 'both'
}

// The sockets of one process in rows, each with the peer that it is connected to.

import type { Graph, Link, Node, Port } from './graph'
import { kindOf } from './titles'

export interface Row {
  port: Port
  /** The first of its peers. */
  peer: Port | null
  link: Link | null
  /** How many peers it has that are not of the first one's program. */
  more: number
}

/** Sockets that are connected to the same boxes. */
export interface Peers {
  /** The first of them; none if the sockets have no peer. */
  node: Node | null
  /** How many boxes of that program. */
  count: number
  rows: Row[]
}

export interface Column {
  /** The process whose sockets are shown: the desk, or that of the first socket that is lit. */
  own: Node | null
  /** Its sockets by the box that they are connected to; those without a peer are under none. */
  peers: Peers[]
}

export function rowsFor(graph: Graph, lit: readonly string[]): Column {
  const owners = lit.flatMap((key) => graph.nodeOf.get(key) ?? [])
  const desk = graph.nodes.find(({ processes }) => processes[0]?.isDesk)
  const atDesk = (key: string) =>
    graph.links.some(
      ({ from, to }) =>
        (from === key && graph.nodeOf.get(to) === desk) || (to === key && graph.nodeOf.get(from) === desk),
    )
  const nearDesk = owners.length === 0 || owners.includes(desk as Node) || lit.some(atDesk)
  const own = (nearDesk ? desk : undefined) ?? owners[0] ?? graph.nodes.find(({ kind }) => kind === 'process') ?? null
  const peers: Column['peers'] = []
  for (const port of own?.ports ?? []) {
    const links = graph.links.filter(({ from, to }) => from === port.key || to === port.key)
    const [link] = links
    const peer = link ? (graph.portOf.get(link.from === port.key ? link.to : link.from) ?? null) : null
    const node = peer ? (graph.nodeOf.get(peer.key) ?? null) : null
    const nodes = links.flatMap(({ from, to }) => graph.nodeOf.get(from === port.key ? to : from) ?? [])
    const alike = node ? nodes.filter((each) => kindOf(each) === kindOf(node)).length : 0
    const row: Row = { port, peer, link: link ?? null, more: nodes.length - alike }
    const last = peers.at(-1)
    if (last && last.node === node) last.rows.push(row)
    else peers.push({ node, count: alike, rows: [row] })
  }
  return { own, peers }
}

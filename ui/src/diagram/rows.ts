// The sockets of one process in rows, each with the peer that it is connected to.

import type { Graph, Link, Node, Port } from './graph'

export interface Row {
  port: Port
  /** The first of its peers. */
  peer: Port | null
  link: Link | null
  /** How many peers it has besides. */
  more: number
}

export interface Column {
  /** The process whose sockets are shown: the desk, or that of the first socket that is lit. */
  own: Node | null
  /** Its sockets by the box that they are connected to; those without a peer are under none. */
  peers: { node: Node | null; rows: Row[] }[]
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
    const row: Row = { port, peer, link: link ?? null, more: Math.max(0, links.length - 1) }
    const last = peers.at(-1)
    if (last && last.node === node) last.rows.push(row)
    else peers.push({ node, rows: [row] })
  }
  return { own, peers }
}

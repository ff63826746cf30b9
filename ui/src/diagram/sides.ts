// On which side of its box each port is, and at which side of the two boxes each link ends.

import type { Graph, Link } from './graph'
import { deskSide } from './hints'
import { flowOf } from './kinds'

export type Side = 'left' | 'right'

export interface Sides {
  /** By the port's key. A port with lines on both sides is as wide as its box. */
  ports: ReadonlyMap<string, Side | 'both'>
  /** By the link's id. */
  links: ReadonlyMap<string, { from: Side; to: Side }>
}

export function sidesOf(graph: Graph, columns: ReadonlyMap<string, number>, before: Sides['ports']): Sides {
  const columnOf = (port: string) => columns.get(graph.nodeOf.get(port)?.id ?? '') ?? 0
  const used = new Map<string, Set<Side>>()
  const links = new Map<string, { from: Side; to: Side }>()
  const use = (port: string, side: Side) => used.set(port, (used.get(port) ?? new Set()).add(side))
  const set = ({ id, from, to }: Link, first: Side, second: Side) => {
    links.set(id, { from: first, to: second })
    use(from, first)
    use(to, second)
  }
  const level: Link[] = []
  for (const link of graph.links) {
    const [first, second] = [columnOf(link.from), columnOf(link.to)]
    if (first < second) set(link, 'right', 'left')
    else if (first > second) set(link, 'left', 'right')
    else level.push(link)
  }
  // Two in one column are connected at the right, unless one of them has all its lines at the left.
  for (const link of level) {
    const onlyLeft = [link.from, link.to].some((port) => used.get(port)?.has('left') && !used.get(port)?.has('right'))
    const side = onlyLeft ? 'left' : 'right'
    set(link, side, side)
  }
  const ports = new Map<string, Side | 'both'>()
  for (const node of graph.nodes) {
    for (const { key, type, sockets } of node.ports) {
      const [first, second] = [...(used.get(key) ?? [])]
      const known = before.get(key)
      const desk = node.processes[0]?.isDesk && sockets[0] ? deskSide(sockets[0].name) : null
      ports.set(key, second ? 'both' : (first ?? (known === 'both' ? undefined : known) ?? desk ?? usualSide(type)))
    }
  }
  return { ports, links }
}

/** Where a socket without lines waits for them: what sends or asks at the right. */
function usualSide(type: string): Side {
  const flow = flowOf(type)
  if (flow !== 'both') return flow === 'out' ? 'right' : 'left'
  return type === 'ROUTER' || type === 'REP' ? 'left' : 'right'
}

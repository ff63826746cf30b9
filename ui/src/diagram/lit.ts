// What of the picture is in the spotlight.

import type { Spotlight } from '../state/spotlight'
import type { Graph, Node } from './graph'

export interface Lit {
  nodes: ReadonlySet<string>
  ports: ReadonlySet<string>
  links: ReadonlySet<string>
}

/**
 * The boxes, ports and lines in the light; null without a spotlight, when all are. Of a pattern: its sockets, their lines, and
 * the boxes that have them. Of a process: its box, its lines, and the sockets at their other ends.
 */
export function litOf(graph: Graph, spotlight: Spotlight | null): Lit | null {
  if (spotlight === null) return null
  const own = new Set(
    graph.nodes.filter((node) => has(node, spotlight)).flatMap(({ ports }) => ports.map(({ key }) => key)),
  )
  const isLit = (key: string) =>
    'pattern' in spotlight ? graph.portOf.get(key)?.pattern === spotlight.pattern : own.has(key)
  const links = graph.links.filter(({ from, to }) => isLit(from) || isLit(to))
  const ports = new Set([...[...graph.portOf.keys()].filter(isLit), ...links.flatMap(({ from, to }) => [from, to])])
  const nodes = graph.nodes.filter((node) =>
    'pattern' in spotlight ? node.ports.some(({ key }) => ports.has(key)) : has(node, spotlight),
  )
  return { nodes: new Set(nodes.map(({ id }) => id)), ports, links: new Set(links.map(({ id }) => id)) }
}

function has(node: Node, spotlight: Spotlight): boolean {
  return 'process' in spotlight && node.processes.some(({ id }) => id === spotlight.process)
}

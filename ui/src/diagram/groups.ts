// Equal boxes as one, where there is no room for all of them: "42 × valuz worker".

import { type Graph, indexed, type Link, type Node, type Port } from './graph'

/** So few are not worth a group. */
const LEAST = 3

/** What equal boxes have in common. */
export function groupOf(graph: Graph, node: Node): string | null {
  const [process] = node.processes
  const peersOf = (keys: readonly string[]) =>
    graph.links.flatMap(({ from, to }) => (keys.includes(from) ? [to] : keys.includes(to) ? [from] : [])).sort()
  if (node.kind === 'stranger')
    return JSON.stringify(['stranger', ...peersOf(node.ports.map(({ key }) => key)).map(last)])
  if (!process || node.kind !== 'process' || process.isDesk) return null
  return JSON.stringify([
    process.program,
    process.role,
    ...node.ports.map(({ type, sockets }) => [type, sockets[0]?.name]),
  ])
}

/** A graph in which the equal boxes of some groups are one box each. */
export function grouped(graph: Graph, groups: ReadonlySet<string>): Graph {
  if (groups.size === 0) return graph
  const members = new Map<string, Node[]>()
  for (const node of graph.nodes) {
    const key = groupOf(graph, node)
    if (key !== null && groups.has(key)) members.set(key, [...(members.get(key) ?? []), node])
  }
  const ports = new Map<string, string>()
  const nodes: Node[] = []
  for (const node of graph.nodes) {
    const key = groupOf(graph, node)
    const all = key === null ? undefined : members.get(key)
    if (key === null || !all || all.length < LEAST) nodes.push(node)
    else if (all[0] === node) nodes.push(together(`group ${key}`, all, ports))
  }
  const links = new Map<string, Link>()
  for (const link of graph.links) {
    const [from, to] = [ports.get(link.from) ?? link.from, ports.get(link.to) ?? link.to]
    const id = `${from} ${to}`
    const known = links.get(id)
    if (!known) links.set(id, { ...link, id, from, to })
    else links.set(id, { ...known, count: known.count + link.count, phase: known.phase === 'up' ? 'up' : link.phase })
  }
  return indexed(
    nodes,
    [...links.values()].filter(({ from, to }) => from !== to),
  )
}

/** The groups of boxes of some columns that would take less room together. */
export function groupable(graph: Graph, inside: (node: Node) => boolean): Set<string> {
  const counts = new Map<string, number>()
  for (const node of graph.nodes) {
    const key = inside(node) ? groupOf(graph, node) : null
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return new Set([...counts].filter(([, count]) => count >= LEAST).map(([key]) => key))
}

function together(id: string, all: readonly Node[], ports: Map<string, string>): Node {
  const first = all[0] as Node
  const most = Math.max(...all.map((node) => node.ports.length))
  const own = Array.from({ length: most }, (_, index): Port => {
    const same = all.flatMap((node) => node.ports[index] ?? [])
    const key = `${id} ${index}`
    same.forEach((port) => ports.set(port.key, key))
    const [port] = same
    return {
      key,
      type: port?.type ?? '',
      pattern: port?.pattern ?? 'neutral',
      sockets: same.flatMap((each) => each.sockets),
    }
  })
  return {
    ...first,
    id,
    kind: 'group',
    ports: own,
    processes: all.flatMap(({ processes }) => processes),
    strangers: all.flatMap(({ strangers }) => strangers),
  }
}

/** The socket behind the port of a stranger: its peer. */
function last(key: string): string {
  return key.split('#').at(-1) ?? key
}

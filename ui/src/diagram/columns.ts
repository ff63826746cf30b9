// The column of every box: messages run from left to right where they can. A box that has a column keeps it.

import type { Graph, Node } from './graph'
import { sideOfPeer } from './kinds'

/** How two boxes are connected: the second is on this side of the first, by most of their links. */
interface Relation {
  a: Node
  b: Node
  side: number
}

/** The column of each box, by its id: at most `limit` in a row. They may be negative. */
export function columnsOf(graph: Graph, before: ReadonlyMap<string, number>, limit: number): Map<string, number> {
  const columns = new Map<string, number>()
  for (const { id, hint } of graph.nodes) {
    const known = hint?.column ?? before.get(id)
    if (known !== undefined) columns.set(id, known)
  }
  // In less room than before, some find a new place: those that have no hint, then the last ones.
  const hinted = graph.nodes.flatMap(({ hint }) => hint?.column ?? [])
  const within = (first: number) => (column: number) => column >= first && column - first < limit
  if (![...columns.values()].every(within(Math.min(...columns.values())))) {
    const fits = within(Math.min(...(hinted.length > 0 ? hinted : columns.values())))
    for (const [id, column] of columns) if (!fits(column)) columns.delete(id)
  }
  const relations = relationsOf(graph)
  const neighbours = new Map<string, { id: string; side: number }[]>()
  const add = (id: string, neighbour: string, side: number) =>
    neighbours.set(id, [...(neighbours.get(id) ?? []), { id: neighbour, side }])
  for (const { a, b, side } of relations) {
    add(a.id, b.id, side)
    add(b.id, a.id, -side)
  }
  let pending = graph.nodes.filter(({ id }) => !columns.has(id))
  while (pending.length > 0) {
    const next = pending.find(({ id }) => neighbours.get(id)?.some((each) => columns.has(each.id)))
    if (next) columns.set(next.id, vote(neighbours.get(next.id) ?? [], columns, limit))
    else layer(pending[0] as Node, neighbours, columns, limit)
    pending = pending.filter(({ id }) => !columns.has(id))
  }
  return columns
}

function relationsOf(graph: Graph): Relation[] {
  const relations = new Map<string, Relation>()
  const order = new Map(graph.nodes.map(({ id }, index) => [id, index]))
  for (const { from, to } of graph.links) {
    const [first, second] = [graph.nodeOf.get(from), graph.nodeOf.get(to)]
    if (!first || !second || first === second) continue
    const types = [graph.portOf.get(from)?.type ?? '', graph.portOf.get(to)?.type ?? ''] as const
    // A link stands between its two ends, which its lines alone may tell: what connects is left.
    const side = sideOfPeer(...types) || Number(types.includes('LINK'))
    const turned = (order.get(first.id) ?? 0) > (order.get(second.id) ?? 0)
    const [a, b] = turned ? [second, first] : [first, second]
    const key = JSON.stringify([a.id, b.id])
    const relation = relations.get(key) ?? { a, b, side: 0 }
    relation.side += turned ? -side : side
    relations.set(key, relation)
  }
  // As many one way as the other: what was seen first is left.
  return [...relations.values()].map((relation) => ({ ...relation, side: Math.sign(relation.side) || 1 }))
}

/** The column that most neighbours want; of two, the right one. What has no room on one side is on the other. */
function vote(
  neighbours: readonly { id: string; side: number }[],
  columns: ReadonlyMap<string, number>,
  limit: number,
): number {
  const [first, last] = [Math.min(...columns.values()), Math.max(...columns.values())]
  const votes = new Map<number, number>()
  for (const { id, side } of neighbours) {
    const column = columns.get(id)
    if (column === undefined) continue
    // A neighbour at the right wants it in the column at its left.
    const wanted = column - side
    const room = Math.max(last, wanted) - Math.min(first, wanted) < limit
    const voted = room ? wanted : column + side
    votes.set(voted, (votes.get(voted) ?? 0) + 1)
  }
  const [best] = [...votes].sort(([a, many], [b, more]) => more - many || b - a)
  return best?.[0] ?? 0
}

/** The column of a level: where the columns end, levels run back, so that neighbours stay next to each other. */
function folded(level: number, limit: number): number {
  const round = Math.max(1, 2 * (limit - 1))
  const step = level % round
  return step < limit ? step : round - step
}

/** Gives columns to all boxes that are connected with one, none of which has any: the longest way from the left. */
function layer(
  start: Node,
  neighbours: ReadonlyMap<string, { id: string; side: number }[]>,
  columns: Map<string, number>,
  limit: number,
) {
  const part = new Set([start.id])
  for (const id of part) for (const each of neighbours.get(id) ?? []) part.add(each.id)
  const open = new Set<string>()
  const levels = new Map<string, number>()
  const levelOf = (id: string): number => {
    const known = levels.get(id)
    if (known !== undefined) return known
    open.add(id)
    let level = 0
    for (const { id: left, side } of neighbours.get(id) ?? []) {
      // What is still open is the start of a circle: that link runs back.
      if (side < 0 && !open.has(left)) level = Math.max(level, levelOf(left) + 1)
    }
    open.delete(id)
    levels.set(id, level)
    return level
  }
  part.forEach(levelOf)
  for (const id of part) {
    const each = neighbours.get(id) ?? []
    // A source stands next to the first that it sends to.
    const rights = each.filter(({ side }) => side > 0).map((right) => levels.get(right.id) ?? 0)
    const level = levels.get(id) ?? 0
    const next = rights.length > 0 && each.every(({ side }) => side > 0) ? Math.min(...rights) - 1 : level
    columns.set(id, folded(Math.max(level, next), limit))
  }
}

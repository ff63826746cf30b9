// Where every box is: its column and its row. A box keeps its place while it is shown, whatever comes and goes around it;
// one that comes takes the first place in its column that is free.

import { columnsOf } from './columns'
import type { Graph, Node } from './graph'
import { type Sides, sidesOf } from './sides'

/**
 * How the boxes of a column are drawn, by the room that there is: with a title above its ports, with the title next to
 * them, or as small as their lines allow.
 */
export type Form = 'full' | 'snug' | 'line'

/**
 * Measures of a form, in its unit: that of `full` stretches with the room, those of the others are the size of letters.
 * The height of the title, of a port, what is below the ports, and the gap between boxes.
 */
export const FORMS: Readonly<Record<Form, { head: number; port: number; foot: number; gap: number; least: number }>> = {
  full: { head: 2, port: 2, foot: 0.4, gap: 0.9, least: 3 },
  snug: { head: 0.15, port: 1.12, foot: 0.15, gap: 0.35, least: 1.6 },
  line: { head: 0.2, port: 0.5, foot: 0.2, gap: 0.25, least: 1.4 },
}

const DENSER: readonly Form[] = ['full', 'snug', 'line']

/** The desk is as high as two workers, so that its lines have room. */
const DESK_SIZE = 18

export interface Spot {
  column: number
  /** The top of the box, in the unit of its column's form. */
  at: number
  /** Its height, without the gap. */
  size: number
}

export interface Places {
  spots: ReadonlyMap<string, Spot>
  forms: ReadonlyMap<number, Form>
  sides: Sides
  /** The columns that have more boxes than fit, even in the densest form. */
  crowded: ReadonlySet<number>
}

export const NOWHERE: Places = {
  spots: new Map(),
  forms: new Map(),
  sides: { ports: new Map(), links: new Map() },
  crowded: new Set(),
}

/** The places of a graph's boxes, from those that they had before, with the capacity of a column in each form. */
export function place(graph: Graph, before: Places, capacity: Readonly<Record<Form, number>>): Places {
  const columns = columnsOf(graph, new Map([...before.spots].map(([id, { column }]) => [id, column])))
  const sides = sidesOf(graph, columns, before.sides.ports)
  const spots = new Map<string, Spot>()
  const forms = new Map<number, Form>()
  const crowded = new Set<number>()
  const rank = ranker(graph, spots)
  for (const column of [...new Set(columns.values())].sort((a, b) => a - b)) {
    const nodes = graph.nodes.filter(({ id }) => columns.get(id) === column)
    const was = before.forms.get(column) ?? 'full'
    let best: Map<string, Spot> | undefined
    for (const form of DENSER) {
      // What stays in its form stays where it is; a column becomes roomy again when there is room for one more, too.
      const roomier = DENSER.indexOf(form) < DENSER.indexOf(was)
      const stay = form === was
      best = stack(nodes, column, form, sides, before.spots, stay, rank)
      forms.set(column, form)
      const used = Math.max(...[...best.values()].map(({ at, size }) => at + size))
      if (used * (roomier ? 1.3 : 1) <= capacity[form] + 0.01) break
      if (form === 'line') crowded.add(column)
    }
    best?.forEach((spot, id) => spots.set(id, spot))
  }
  return { spots, forms, sides, crowded }
}

/** The ports of a box in rows: the left and the right side count apart, wide ones take both. */
export function rowsOf(node: Node, sides: Sides['ports']): { rows: Map<string, number>; count: number } {
  const rows = new Map<string, number>()
  let [left, right] = [0, 0]
  for (const { key } of node.ports) {
    const side = sides.get(key)
    const row = side === 'left' ? left : side === 'right' ? right : Math.max(left, right)
    rows.set(key, row)
    if (side !== 'right') left = row + 1
    if (side !== 'left') right = row + 1
  }
  return { rows, count: Math.max(left, right) }
}

/** How high a box is in a form. */
export function sizeOf(node: Node, form: Form, sides: Sides['ports']): number {
  const { head, port, foot, least } = FORMS[form]
  const natural = Math.max(least, head + port * rowsOf(node, sides).count + foot)
  return form === 'full' && node.processes[0]?.isDesk ? Math.max(DESK_SIZE, natural) : natural
}

function stack(
  nodes: readonly Node[],
  column: number,
  form: Form,
  sides: Sides,
  before: ReadonlyMap<string, Spot>,
  stay: boolean,
  rank: (node: Node, column: number) => number,
): Map<string, Spot> {
  const taken = new Map<string, Spot>()
  const late: Node[] = []
  const { gap } = FORMS[form]
  const free = (at: number, size: number) =>
    [...taken.values()].every(
      (other) => at + size + gap <= other.at + 0.001 || other.at + other.size + gap <= at + 0.001,
    )
  for (const node of nodes) {
    const known = stay ? before.get(node.id) : undefined
    const size = sizeOf(node, form, sides.ports)
    if (known?.column === column && free(known.at, size)) taken.set(node.id, { column, at: known.at, size })
    else late.push(node)
  }
  const hinted = (node: Node) => (form === 'full' ? node.hint?.at : undefined)
  const places = new Map(
    late.map((node) => [node, [before.get(node.id)?.at ?? hinted(node) ?? Infinity, rank(node, column)]]),
  )
  late.sort((a, b) => {
    const [[at = 0, first = 0] = [], [other = 0, second = 0] = []] = [places.get(a), places.get(b)]
    return at === other ? first - second : at - other
  })
  for (const node of late) {
    const size = sizeOf(node, form, sides.ports)
    const wanted = hinted(node)
    const tops = [0, ...[...taken.values()].map((other) => other.at + other.size + gap)].sort((a, b) => a - b)
    const at = wanted !== undefined && free(wanted, size) ? wanted : (tops.find((top) => free(top, size)) ?? 0)
    taken.set(node.id, { column, at, size })
  }
  return taken
}

/** What comes at the same time is in the order of what it is connected to at the left, so that few lines cross. */
function ranker(graph: Graph, spots: ReadonlyMap<string, Spot>): (node: Node, column: number) => number {
  const neighbours = new Map<string, string[]>()
  for (const { from, to } of graph.links) {
    const [first, second] = [graph.nodeOf.get(from)?.id ?? '', graph.nodeOf.get(to)?.id ?? '']
    neighbours.set(first, [...(neighbours.get(first) ?? []), second])
    neighbours.set(second, [...(neighbours.get(second) ?? []), first])
  }
  return ({ id }, column) => {
    const lefts = (neighbours.get(id) ?? []).flatMap((other) => {
      const spot = spots.get(other)
      return spot && spot.column < column ? [spot.at] : []
    })
    return lefts.length === 0 ? 0 : lefts.reduce((sum, at) => sum + at, 0) / lefts.length
  }
}

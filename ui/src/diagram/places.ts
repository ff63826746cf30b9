// Where every box is: its column and its height. A box keeps its place while it is shown, whatever comes and goes around
// it; one that comes takes the free place in its column that is nearest to what it is connected to. Processes that start together are
// shown before they are connected, and their lines come one after another: a box may change its column until it is settled.

import { columnsOf } from './columns'
import { DENSER, type Form, FORMS, isFull, middlesOf, sizeOf } from './forms'
import type { Graph, Node } from './graph'
import { type Sides, sidesOf } from './sides'

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
  /** When each box had its first line to another one, in milliseconds. */
  connectedMs: ReadonlyMap<string, number>
}

export const NOWHERE: Places = {
  spots: new Map(),
  forms: new Map(),
  sides: { ports: new Map(), links: new Map() },
  crowded: new Set(),
  connectedMs: new Map(),
}

/** What a room holds, whatever is in it. */
export interface Capacity {
  columns: number
  /** The height of a column, and the unit of each form, in em. */
  height: number
  unit: Readonly<Record<Form, number>>
}

/** Lines that are this near to level are made level, in em: small steps look like mistakes. */
const NEAR = 0.6

/** A column becomes roomier again only when there is much room, so that one box more or less changes nothing. */
const SPARE = 1.3

/** A box is settled so long after its first line, in milliseconds: by then it has the others, too, on a busy machine as well. */
const SETTLED_MS = 5000

/** The places of a graph's boxes, from those that they had before. */
export function place(graph: Graph, before: Places, capacity: Capacity, nowMs: number): Places {
  const connected = connectedOf(graph)
  const ever = graph.nodes.filter(({ id }) => connected.has(id) || before.connectedMs.has(id))
  const connectedMs = new Map(ever.map(({ id }) => [id, before.connectedMs.get(id) ?? nowMs]))
  const isSettled = (id: string) => nowMs - (connectedMs.get(id) ?? -Infinity) >= SETTLED_MS
  const settled = new Map([...before.spots].filter(([id]) => isSettled(id)))
  const known = new Map([...settled].map(([id, { column }]) => [id, column]))
  const columns = columnsOf(graph, known, capacity.columns)
  const sides = sidesOf(graph, columns, before.sides.ports)
  const peers = peersOf(graph)
  const middles = new Map<string, number>()
  const spots = new Map<string, Spot>()
  const forms = new Map<number, Form>()
  const crowded = new Set<number>()
  const level = (node: Node, spot: Spot, form: Form) => {
    for (const [key, middle] of middlesOf(node, form, sides.ports)) {
      middles.set(key, (spot.at + middle) * capacity.unit[form])
    }
  }
  for (const node of graph.nodes) {
    const spot = settled.get(node.id)
    if (spot) level(node, spot, before.forms.get(spot.column) ?? 'full')
  }
  const hinted = graph.nodes.some(({ hint }) => hint !== null)
  for (const column of [...new Set(columns.values())].sort((a, b) => a - b)) {
    const nodes = graph.nodes.filter(({ id }) => columns.get(id) === column)
    const was = before.forms.get(column) ?? 'tall'
    let stacked = new Map<string, Spot>()
    for (const { form, keep } of attempts(was)) {
      const height = capacity.height / capacity.unit[form]
      const unit = capacity.unit[form]
      const tops = (node: Node) => topsOf(node, form, unit, sides, peers, middles)
      const old = new Map([...settled].filter(([, spot]) => spot.column === column))
      stacked = stack({
        nodes,
        column,
        form,
        sides,
        old,
        keep,
        tops,
        height,
        close: NEAR / unit,
        top: hinted ? 0 : null,
      })
      forms.set(column, form)
      const bottom = Math.max(...[...stacked.values()].map(({ at, size }) => at + size))
      const total = [...stacked.values()].reduce((sum, { size }) => sum + size + FORMS[form].gap, 0)
      const roomier = DENSER.indexOf(form) < DENSER.indexOf(was)
      if (bottom <= height + 0.01 && (!roomier || total * SPARE <= height)) break
      if (form === 'line' && !keep) crowded.add(column)
    }
    for (const node of nodes) {
      const spot = stacked.get(node.id)
      if (!spot) continue
      spots.set(node.id, spot)
      level(node, spot, forms.get(column) ?? 'full')
    }
  }
  return { spots, forms, sides, crowded, connectedMs }
}

/** The forms to try, from the roomiest: in the one that a column has, everything stays where it is if it can. */
function attempts(was: Form): { form: Form; keep: boolean }[] {
  return DENSER.flatMap((form) => [...(form === was ? [{ form, keep: true }] : []), { form, keep: false }])
}

interface Stacking {
  nodes: readonly Node[]
  column: number
  form: Form
  sides: Sides
  /** Where the boxes of this column were. */
  old: ReadonlyMap<string, Spot>
  /** Whether what was here stays where it is. */
  keep: boolean
  /** The tops at which a port of a box is level with a peer. */
  tops: (node: Node) => number[]
  height: number
  /** Ports that are this near to level are made level. */
  close: number
  /** Where a box without wants is put; none is the middle. */
  top: number | null
}

function stack({ nodes, column, form, sides, old, keep, tops, height, close, top }: Stacking): Map<string, Spot> {
  const levels = new Map(nodes.map((node) => [node, tops(node)]))
  const wants = (node: Node) => median(levels.get(node) ?? [])
  const taken = new Map<string, Spot>()
  const { gap } = FORMS[form]
  const sizes = new Map(nodes.map((node) => [node, sizeOf(node, form, sides.ports)]))
  const free = (at: number, size: number, apart = gap) =>
    at > -0.001 &&
    [...taken.values()].every(
      (other) => at + size + apart <= other.at + 0.001 || other.at + other.size + apart <= at + 0.001,
    )
  const put = (node: Node, at: number) => taken.set(node.id, { column, at, size: sizes.get(node) ?? 0 })
  /** The free place nearest to one, inside the column if there is any. */
  const nearest = (wish: number, size: number) => {
    const edges = [...taken.values()].flatMap((other) => [other.at + other.size + gap, other.at - size - gap])
    const at = Math.max(0, Math.min(wish, height - size))
    const all = [at, 0, ...edges].filter((each) => free(each, size))
    const cost = (each: number) => Math.abs(each - wish) + (each + size > height + 0.001 ? 1000 : 0)
    return all.sort((a, b) => cost(a) - cost(b))[0] ?? 0
  }
  const late: Node[] = []
  for (const node of nodes) {
    const known = keep ? old.get(node.id) : undefined
    if (known && free(known.at, sizes.get(node) ?? 0, gap / 3)) put(node, known.at)
    else late.push(node)
  }
  // Hints count where everything has its usual size; elsewhere they only say what comes first.
  const hints = (node: Node) => (form === 'tall' ? (node.hint?.at ?? []) : [])
  for (const node of late.filter((each) => hints(each).length > 0)) {
    const size = sizes.get(node) ?? 0
    put(node, hints(node).find((at) => free(at, size) && at + size <= height + 0.01) ?? nearest(0, size))
  }
  const rest = late.filter(({ id }) => !taken.has(id))
  const order = new Map(rest.map((node) => [node, old.get(node.id)?.at ?? node.hint?.at[0] ?? wants(node) ?? Infinity]))
  rest.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0) || 0)
  // What comes together stays together, if there is room.
  const offsets: number[] = []
  const length = rest.reduce((sum, node) => {
    offsets.push(sum)
    return sum + (sizes.get(node) ?? 0) + gap
  }, 0)
  const wishes = rest.flatMap((node, index) => {
    const wish = wants(node)
    return wish === null ? [] : [wish - (offsets[index] ?? 0)]
  })
  const middle = top ?? (height - length + gap) / 2
  const wish = median(wishes) ?? (isFull(form) ? Math.round(middle * 2) / 2 : middle)
  const at = nearest(wish, length - gap)
  if (rest.length > 0 && at + length - gap <= height + 0.01) {
    rest.forEach((node, index) => put(node, at + (offsets[index] ?? 0)))
  } else {
    for (const node of rest) put(node, nearest(keep ? (wants(node) ?? middle) : 0, sizes.get(node) ?? 0))
  }
  for (const node of rest) {
    const spot = taken.get(node.id)
    if (!spot) continue
    const others = [...taken.values()].filter((each) => each !== spot)
    const fits = (at: number) =>
      at >= 0 &&
      at + spot.size <= Math.max(height, spot.at + spot.size) + 0.01 &&
      others.every((each) => at + spot.size + gap / 3 <= each.at || each.at + each.size + gap / 3 <= at)
    const near = (levels.get(node) ?? []).filter((at) => Math.abs(at - spot.at) < close && fits(at))
    const [level] = near.sort((a, b) => Math.abs(a - spot.at) - Math.abs(b - spot.at))
    if (level !== undefined) taken.set(node.id, { ...spot, at: level })
  }
  return taken
}

/** The boxes with a line to another one. */
function connectedOf(graph: Graph): Set<string> {
  const lines = graph.links.map(({ from, to }) => [graph.nodeOf.get(from)?.id, graph.nodeOf.get(to)?.id] as const)
  return new Set(lines.flatMap(([from, to]) => (from && to && from !== to ? [from, to] : [])))
}

function peersOf(graph: Graph): Map<string, string[]> {
  const peers = new Map<string, string[]>()
  for (const { from, to } of graph.links) {
    peers.set(from, [...(peers.get(from) ?? []), to])
    peers.set(to, [...(peers.get(to) ?? []), from])
  }
  return peers
}

/** The tops at which a port of a box is level with one of its peers that have their places. */
function topsOf(
  node: Node,
  form: Form,
  unit: number,
  sides: Sides,
  peers: ReadonlyMap<string, string[]>,
  middles: ReadonlyMap<string, number>,
): number[] {
  const own = middlesOf(node, form, sides.ports)
  return node.ports.flatMap(({ key }) =>
    (peers.get(key) ?? []).flatMap((peer) => {
      const level = middles.get(peer)
      return level === undefined ? [] : [level / unit - (own.get(key) ?? 0)]
    }),
  )
}

/** The middle one, so that one at least is met exactly. */
function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null
}

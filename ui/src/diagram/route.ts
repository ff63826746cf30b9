// The way of every link: which upright parts it shares with which others, and between which boxes it passes.

import type { Graph, Link, Node } from './graph'
import type { NodePlace } from './boxes'
import type { Side, Sides } from './sides'
import { type Rail, tracksOf } from './tracks'

/** A link goes along a rail in a gap, and leaves it at a height. Gap 0 is left of the first column. */
export interface Step {
  gap: number
  rail: string
  y: number
}

export interface Routes {
  ways: Map<string, { hub: string; steps: Step[] }>
  /** The track of each rail in each gap, from left to right. */
  gaps: Map<string, number>[]
  /** Whether there are words at the left and at the right of each gap. */
  labels: { left: boolean; right: boolean }[]
  /** The ports that have words next to their lines, and on which side. */
  labelled: Map<string, Side>
  /** The lowest line between boxes. */
  bottom: number
}

export function route(
  graph: Graph,
  sides: Sides,
  nodes: readonly NodePlace[],
  columnOf: (node: Node) => number,
  columns: number,
  heights: ReadonlyMap<string, number>,
  em: number,
): Routes {
  const degree = new Map<string, number>()
  for (const { from, to } of graph.links) {
    for (const key of [from, to]) degree.set(key, (degree.get(key) ?? 0) + 1)
  }
  const gaps: Map<string, Rail>[] = Array.from({ length: columns + 1 }, () => new Map())
  const lanes = new Lanes(nodes, columnOf, em)
  const ways: Routes['ways'] = new Map()
  const labelled: Routes['labelled'] = new Map()
  const labels = gaps.map(() => ({ left: false, right: false }))
  const many = (key: string) => degree.get(key) ?? 0
  for (const link of graph.links) {
    const ends = endsOf(graph, link, sides, columnOf)
    if (!ends) continue
    const hub = many(link.to) > many(link.from) ? ends.to : ends.from
    const other = hub === ends.from ? ends.to : ends.from
    const steps = stepsOf(hub, other, heights, lanes)
    let y = heights.get(hub.key) ?? 0
    let side = hub.side
    for (const step of steps) {
      const rail = gaps[step.gap]?.get(step.rail) ?? { id: step.rail, lefts: [], rights: [] }
      gaps[step.gap]?.set(step.rail, rail)
      ;(side === 'right' ? rail.lefts : rail.rights).push(y)
      const leaves = step === steps.at(-1) ? other.side : hub.column < other.column ? 'left' : 'right'
      ;(leaves === 'left' ? rail.rights : rail.lefts).push(step.y)
      y = step.y
      side = hub.column < other.column ? 'right' : 'left'
    }
    ways.set(link.id, { hub: hub.key, steps })
    // One figure for two that have only each other; otherwise at the end that several share.
    const first = hub.column <= other.column ? hub : other
    const reports = [hub, other].find(({ key }) => (graph.portOf.get(key)?.sockets.length ?? 0) > 0)
    const both = [hub, other].every(({ key }) => (graph.portOf.get(key)?.sockets.length ?? 0) > 0)
    const shown = many(hub.key) > 1 ? hub : both ? first : (reports ?? hub)
    if (!labelled.has(shown.key)) labelled.set(shown.key, shown.side)
    const gap = labels[shown.side === 'left' ? shown.column : shown.column + 1]
    if (gap) gap[shown.side === 'left' ? 'right' : 'left'] = true
  }
  const straight = (rail: Rail) =>
    [...rail.lefts, ...rail.rights].every((each, _, [first]) => Math.abs(each - (first ?? each)) < 0.5)
  return {
    ways,
    gaps: gaps.map((rails) => tracksOf([...rails.values()].filter((rail) => !straight(rail)))),
    labels,
    labelled,
    bottom: lanes.bottom,
  }
}

interface End {
  key: string
  side: Side
  column: number
}

function endsOf(
  graph: Graph,
  { id, from, to }: Link,
  sides: Sides,
  columnOf: (node: Node) => number,
): { from: End; to: End } | null {
  const [first, second, side] = [graph.nodeOf.get(from), graph.nodeOf.get(to), sides.links.get(id)]
  if (!first || !second || !side) return null
  return {
    from: { key: from, side: side.from, column: columnOf(first) },
    to: { key: to, side: side.to, column: columnOf(second) },
  }
}

function stepsOf(hub: End, other: End, heights: ReadonlyMap<string, number>, lanes: Lanes): Step[] {
  const last = heights.get(other.key) ?? 0
  const gapAt = ({ side, column }: End) => (side === 'left' ? column : column + 1)
  const [first, end] = [gapAt(hub), gapAt(other)]
  const steps: Step[] = []
  const way = first < end ? 1 : -1
  let y = heights.get(hub.key) ?? 0
  for (let gap = first; gap !== end; gap += way) {
    // Between two gaps is a column: past its boxes.
    y = lanes.past(way > 0 ? gap : gap - 1, y, hub.key)
    steps.push({ gap, rail: hub.key, y })
  }
  steps.push({ gap: end, rail: hub.key, y: last })
  return steps
}

/** The ways between the boxes of each column, for lines that go past them. */
class Lanes {
  bottom = 0
  readonly #boxes = new Map<number, { top: number; bottom: number }[]>()
  readonly #taken = new Map<number, Map<string, number>>()
  readonly #em: number

  constructor(nodes: readonly NodePlace[], columnOf: (node: Node) => number, em: number) {
    this.#em = em
    for (const { node, box } of nodes) {
      const column = columnOf(node)
      this.#boxes.set(column, [
        ...(this.#boxes.get(column) ?? []),
        { top: box.y - 0.2 * em, bottom: box.y + box.height + 0.2 * em },
      ])
    }
  }

  /** The height nearest to one at which a line from a port goes past a column. */
  past(column: number, y: number, port: string): number {
    const taken = this.#taken.get(column) ?? new Map<string, number>()
    this.#taken.set(column, taken)
    const known = taken.get(port)
    if (known !== undefined) return known
    const boxes = this.#boxes.get(column) ?? []
    const free = (at: number) =>
      at > 0 &&
      boxes.every(({ top, bottom }) => at <= top || at >= bottom) &&
      [...taken.values()].every((other) => Math.abs(other - at) >= 0.45 * this.#em)
    const edges = boxes.flatMap(({ top, bottom }) =>
      Array.from({ length: 12 }, (_, index) => [
        top - index * 0.25 * this.#em,
        bottom + index * 0.25 * this.#em,
      ]).flat(),
    )
    const all = [y, ...edges].filter(free).sort((a, b) => Math.abs(a - y) - Math.abs(b - y) || a - b)
    const at = all[0] ?? Math.max(0, ...boxes.map(({ bottom }) => bottom)) + taken.size * 0.5 * this.#em
    taken.set(port, at)
    this.bottom = Math.max(this.bottom, at)
    return at
  }
}

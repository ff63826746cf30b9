// Where figures and states are written: in the gaps, at the ports that several lines share.

import type { NodePlace } from './boxes'
import type { Node, Port } from './graph'
import type { LinkPlace } from './layout'
import type { Routes } from './route'
import type { Gap } from './spread'

/** What is written at a port, next to its lines: its figure and its state. */
export interface Label {
  port: Port
  x: number
  y: number
  anchor: 'start' | 'middle' | 'end'
  /** How wide it may be, in pixels. */
  width: number
  /** Whether there is no room above and below the line. */
  inline: boolean
  /** How many lines of words have room below it. */
  lines: number
}

const LINES_MAX = 3

/** How far to the right a line goes between two ports of a box, on whose outer side there is room in the last column; else null. */
function loopOf(node: Node, { link, points }: LinkPlace): number | null {
  const inside = node.ports.filter(({ key }) => key === link.from || key === link.to)
  return inside.length === 2 ? Math.max(...points.map(({ x }) => x)) : null
}

export function labelsOf(
  nodes: readonly NodePlace[],
  links: readonly LinkPlace[],
  columnOf: (node: Node) => number,
  gaps: readonly Gap[],
  routes: Routes,
  em: number,
): Label[] {
  const labels: Label[] = []
  const own = new Map<string, LinkPlace[]>()
  for (const place of links) {
    for (const key of [place.link.from, place.link.to]) own.set(key, [...(own.get(key) ?? []), place])
  }
  for (const { node, form, ports } of nodes) {
    const column = columnOf(node)
    const above: { left?: Label; right?: Label } = {}
    const lasts = { left: -Infinity, right: -Infinity }
    for (const { port, box } of ports) {
      const side = routes.labelled.get(port.key)
      const gap = side === undefined ? undefined : gaps[side === 'left' ? column : column + 1]
      if (!gap || side === undefined) continue
      const y = box.y + box.height / 2
      const inline = form !== 'full'
      if (inline && y - lasts[side] < 1.05 * em) continue
      lasts[side] = y
      const [first, ...others] = own.get(port.key) ?? []
      const label = { port, y, inline, lines: LINES_MAX }
      const end = gap.x + gap.width
      const straight = first && others.length === 0 && first.points.length === 2
      const isLast = side === 'right' && column + 2 === gaps.length
      const loop = first && others.length === 0 && isLast ? loopOf(node, first) : null
      const placed: Label = straight
        ? { ...label, x: gap.x + gap.width / 2, anchor: 'middle', width: gap.width }
        : loop !== null
          ? { ...label, x: loop + 0.5 * em, anchor: 'start', width: Math.max(4 * em, end - loop - 0.5 * em) }
          : side === 'right'
            ? { ...label, x: gap.x + 0.4 * em, anchor: 'start', width: gap.tracks - gap.x }
            : { ...label, x: end - 0.4 * em, anchor: 'end', width: Math.max(4 * em, end - gap.tracks) }
      const last = above[side]
      // Between two lines are the words of the upper one, and the figure of the lower one.
      if (last) last.lines = Math.min(LINES_MAX, Math.max(0, Math.floor(((y - last.y) / em - 2.8) / 1.2) + 1))
      above[side] = placed
      labels.push(placed)
    }
  }
  return labels
}

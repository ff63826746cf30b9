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
      if (first && others.length === 0 && first.points.length === 2) {
        labels.push({ port, x: gap.x + gap.width / 2, y, anchor: 'middle', width: gap.width, inline })
      } else if (side === 'right') {
        labels.push({ port, x: gap.x + 0.4 * em, y, anchor: 'start', width: gap.tracks - gap.x, inline })
      } else {
        const end = gap.x + gap.width
        labels.push({ port, x: end - 0.4 * em, y, anchor: 'end', width: Math.max(4 * em, end - gap.tracks), inline })
      }
    }
  }
  return labels
}

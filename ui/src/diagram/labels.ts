// Where figures and states are written: in the gaps, at the ports that several lines share.

import type { NodePlace } from './boxes'
import type { Node, Port } from './graph'
import type { LinkPlace } from './layout'
import type { Box, Point } from './path'
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
  /** How far its figure is above the line, in pixels: over its dots; less if another line is there, and 0 if that is close. */
  rise: number
  /** Whether there is no room below the line: its state is written on it. */
  inline: boolean
  /** How many lines of words have room below it. */
  lines: number
}

const LINES_MAX = 3

/** How many lines of words have room in `room` em below a line, with what is under their letters. */
function linesIn(room: number): number {
  return Math.min(LINES_MAX, Math.max(0, Math.floor((room - 1.3) / 1.2) + 1))
}

/** The room for a figure, in em, and for half of a dot above it. */
const FIGURE = { width: 3.6, height: 1.3 }

export function labelsOf(
  nodes: readonly NodePlace[],
  links: readonly LinkPlace[],
  columnOf: (node: Node) => number,
  gaps: readonly Gap[],
  routes: Routes,
  height: number,
  em: number,
): Label[] {
  const labels: Label[] = []
  const lines = segmentsOf(links)
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
      const end = gap.x + gap.width
      const isAlone = first && others.length === 0 && first.points.length === 2
      const atLeft: Spot = { x: gap.x + 0.4 * em, anchor: 'start', width: isAlone ? gap.width : gap.tracks - gap.x }
      const room = isAlone ? gap.width : Math.max(4 * em, end - gap.tracks)
      const atRight: Spot = { x: end - 0.4 * em, anchor: 'end', width: room }
      const inMiddle: Spot = { x: gap.x + gap.width / 2, anchor: 'middle', width: gap.width }
      // Over the port's edge, and over a dot.
      const rise = Math.max(0.9 * em, box.height / 2 + 0.1 * em)
      const spots = isAlone ? [inMiddle, atLeft, atRight] : [side === 'right' ? atLeft : atRight]
      const isClear = (spot: Spot) => !lines.upright.some((line) => crosses(line, figureBox(spot, y - rise, em)))
      const spot = spots.find(isClear) ?? spots[0] ?? inMiddle
      const isClose = lines.level.some((line) => crosses(line, figureBox(spot, y - rise, em)))
      const least = inline ? 0 : 0.8 * em
      const below = linesIn((height - y) / em)
      const placed: Label = { port, y, ...spot, rise: isClose ? least : rise, inline, lines: below }
      const last = above[side]
      // Between two lines are the words of the upper one, and the figure of the lower one.
      if (last) last.lines = linesIn((y - rise - last.y) / em - FIGURE.height / 2)
      above[side] = placed
      labels.push(placed)
    }
  }
  return labels
}

type Spot = Pick<Label, 'x' | 'anchor' | 'width'>

interface Segment {
  from: Point
  to: Point
}

/** The parts of all lines that are level, and those that are upright. */
function segmentsOf(links: readonly LinkPlace[]): { level: Segment[]; upright: Segment[] } {
  const all = links.flatMap(({ points }) => points.slice(1).map((to, index) => ({ from: points[index] ?? to, to })))
  const [level, upright] = [true, false].map((is) => all.filter(({ from, to }) => (from.y === to.y) === is))
  return { level: level ?? [], upright: upright ?? [] }
}

/** Where a figure is, with a little room at its sides. */
function figureBox({ x, anchor }: Spot, y: number, em: number): Box {
  const width = FIGURE.width * em
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2
  return { x: left, y: y - (FIGURE.height / 2) * em, width, height: FIGURE.height * em }
}

function crosses({ from, to }: Segment, { x, y, width, height }: Box): boolean {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)]
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)]
  return left < x + width && right > x && top < y + height && bottom > y
}

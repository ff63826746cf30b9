// The picture of a graph: where every box, port, line and figure is, in pixels.

import { type Graph, headsOf, type Link, type Node, type Port } from './graph'
import type { Box, Point } from './path'
import { type Form, FORMS, type Places, rowsOf } from './places'
import { route, type Routes } from './route'
import type { Side } from './sides'
import { titleOf } from './titles'

export interface PortPlace {
  port: Port
  side: Side | 'both'
  box: Box
}

export interface NodePlace {
  node: Node
  form: Form
  box: Box
  ports: PortPlace[]
  /** Where there is room for words next to the ports; none if both sides have ports. */
  words: { x: number; right: number } | null
}

export interface LinkPlace {
  link: Link
  /** From the port that most of its lines share to the other one. */
  points: Point[]
  /** Whether it runs from `link.to` to `link.from`. */
  turned: boolean
  /** The port that it shares its beginning with. */
  hub: string
  heads: 'start' | 'end' | 'both'
}

/** What is written at a port, next to its lines: its figure and its state. */
export interface Label {
  port: Port
  x: number
  y: number
  anchor: 'start' | 'middle' | 'end'
  /** How many letters have room. */
  chars: number
}

export interface Picture {
  /** What the drawing needs. If that is more than it was given, it is shown smaller. */
  width: number
  height: number
  nodes: NodePlace[]
  links: LinkPlace[]
  labels: Label[]
  /** The room below the boxes of the first column. */
  free: Box
}

export interface Room {
  width: number
  height: number
  /** The size of letters. */
  em: number
}

/** The rows of the full form that a room has, whatever is in it: so nothing moves when something comes. */
const ROWS = 28
const HEIGHT_MIN = 24
const PORT_HEIGHT: Readonly<Record<Form, number>> = { full: 1.85, snug: 1.04, line: 0.36 }
const PAD = 0.75

/** The unit of a form in a room, in pixels. */
function unitOf(form: Form, { height, em }: Room): number {
  if (form !== 'full') return em
  return Math.min(1.7, Math.max(1.1, height / em / ROWS)) * em
}

/** How much of each form fits in a column of a room. */
export function capacityOf(room: Room): Record<Form, number> {
  const height = Math.max(room.height, HEIGHT_MIN * room.em)
  const of = (form: Form) => height / unitOf(form, room)
  return { full: of('full'), snug: of('snug'), line: of('line') }
}

export function layout(graph: Graph, places: Places, room: Room): Picture {
  const { em } = room
  const columns = [...new Set([...places.spots.values()].map(({ column }) => column))].sort((a, b) => a - b)
  const columnOf = (node: Node) => columns.indexOf(places.spots.get(node.id)?.column ?? 0)
  const nodes = graph.nodes.map((node) => upright(node, places, room))
  const widths = columns.map((_, index) => {
    const inside = nodes.filter(({ node }) => columnOf(node) === index)
    return Math.max(6.4, ...inside.map((each) => naturalWidth(each))) * em
  })
  align(graph, nodes, columnOf, em)
  const heights = new Map(
    nodes.flatMap(({ ports }) => ports.map(({ port, box }) => [port.key, box.y + box.height / 2])),
  )
  const routes = route(graph, places.sides, nodes, columnOf, columns.length, heights, em)
  const { xs, gaps, width } = spread(widths, routes, room)
  for (const each of nodes) across(each, columnOf(each.node), xs, widths, em)
  const portBoxes = new Map(nodes.flatMap(({ ports }) => ports.map((port) => [port.port.key, port])))
  const links = graph.links.flatMap((link) => {
    const way = routes.ways.get(link.id)
    const sides = places.sides.links.get(link.id)
    if (!way || !sides) return []
    const hub = way.hub === link.from
    const end = (key: string, side: Side | undefined): Point => {
      const box = portBoxes.get(key)?.box ?? { x: 0, y: 0, width: 0, height: 0 }
      return { x: side === 'left' ? box.x : box.x + box.width, y: box.y + box.height / 2 }
    }
    const [first, last] = hub
      ? [end(link.from, sides.from), end(link.to, sides.to)]
      : [end(link.to, sides.to), end(link.from, sides.from)]
    const points: Point[] = [first]
    for (const { gap, rail, y } of way.steps) {
      const x = trackX(gap, rail, routes, gaps, em)
      points.push({ x, y: points.at(-1)?.y ?? y }, { x, y })
    }
    points.push(last)
    const heads = headsOf(graph, link)
    const turned = !hub
    const shown = heads === 'both' ? heads : turned === (heads === 'end') ? 'start' : 'end'
    return [{ link, points: simple(points), turned, hub: way.hub, heads: shown } satisfies LinkPlace]
  })
  const bottom = Math.max(0, ...nodes.map(({ box }) => box.y + box.height), routes.bottom)
  const first = nodes.filter(({ node }) => columnOf(node) === 0).map(({ box }) => box.y + box.height)
  const height = Math.max(room.height, HEIGHT_MIN * em, bottom + 2)
  const top = Math.max(0, ...first) + 0.8 * em
  return {
    width,
    height,
    nodes,
    links,
    labels: labelsOf(nodes, links, columnOf, gaps, routes, em),
    free: { x: 1, y: top, width: (gaps[1]?.x ?? width) - em + (gaps[1]?.width ?? 0) * 0.6, height: height - top },
  }
}

/** A box with its ports, as high as it is and where it is from top to bottom. */
function upright(node: Node, places: Places, room: Room): NodePlace {
  const { em } = room
  const spot = places.spots.get(node.id) ?? { column: 0, at: 0, size: 3 }
  const form = places.forms.get(spot.column) ?? 'full'
  const unit = unitOf(form, room)
  const { head, port: pitch } = FORMS[form]
  const { rows } = rowsOf(node, places.sides.ports)
  const box = { x: 0, y: spot.at * unit + 1, width: 0, height: spot.size * unit }
  const height = PORT_HEIGHT[form] * em
  const count = Math.max(0, ...rows.values()) + 1
  // What is higher than its ports need has them in its middle.
  const slack = form === 'full' ? 0 : Math.max(0, spot.size - head - FORMS[form].foot - pitch * count) / 2
  const ports = node.ports.map((port) => {
    const middle = (spot.at + head + slack + ((rows.get(port.key) ?? 0) + 0.5) * pitch) * unit
    return {
      port,
      side: places.sides.ports.get(port.key) ?? ('left' as const),
      box: { x: 0, y: middle - height / 2, width: 0, height },
    }
  })
  return { node, form, box, ports, words: null }
}

function isWide({ ports }: NodePlace): boolean {
  const sides = new Set(ports.map(({ side }) => side))
  return sides.has('both') || (sides.has('left') && sides.has('right'))
}

/** How wide a port is, in em: as its type in monospace. */
function portWidth(each: NodePlace): number {
  if (each.form === 'line') return 0.8
  if (each.node.kind === 'stranger' || each.node.kind === 'absent') return 0.6
  const letters = Math.max(...each.ports.map(({ port }) => port.type.length), 4)
  return Math.min(letters, 8) * 0.6 + (each.form === 'full' ? 1.3 : 0.7)
}

/** How wide a box wants to be, in em, in a few steps, so that names change it rarely. */
function naturalWidth(each: NodePlace): number {
  if (each.node.processes[0]?.isDesk) return 14
  const { name, detail } = titleOf(each.node)
  const title = (name.length + (each.form === 'full' ? detail.length + 1 : 0)) * 0.56 + 2 * PAD
  const port = portWidth(each)
  const words = each.form === 'full' ? (isWide(each) ? 2 * port + 2.6 : port + 2 * PAD) : Math.max(title, 4) + port
  const wanted = Math.max(each.form === 'full' ? title : 0, words)
  return [6.4, 8.6, 11, 13].find((step) => wanted <= step) ?? 13
}

/** Ports of the desk are level with their peers at the left, and apart from each other at the right. */
function align(graph: Graph, nodes: NodePlace[], columnOf: (node: Node) => number, em: number) {
  const heights = new Map(nodes.flatMap(({ ports }) => ports.map(({ port, box }) => [port.key, box])))
  for (const { node, box, ports, form } of nodes) {
    if (form !== 'full' || !node.processes[0]?.isDesk) continue
    for (const side of ['left', 'right'] as const) {
      const own = ports.filter((port) => port.side === side)
      const first = own[0]?.box.y ?? 0
      const last = box.y + box.height - 0.6 * em - (own[0]?.box.height ?? 0)
      own.forEach(({ port, box: place }, index) => {
        const peer = graph.links
          .filter(({ from, to }) => from === port.key || to === port.key)
          .map(({ from, to }) => (from === port.key ? to : from))
          .find((key) => columnOf(graph.nodeOf.get(key) ?? node) < columnOf(node))
        const even = own.length < 2 ? first : first + ((last - first) * index) / (own.length - 1 || 1)
        const above = own[index - 1]?.box
        const least = above ? above.y + above.height + 0.3 * em : first
        const most = last - (own.length - 1 - index) * (place.height + 0.3 * em)
        const wanted = side === 'left' ? (peer === undefined ? least : (heights.get(peer)?.y ?? least)) : even
        place.y = Math.min(most, Math.max(least, wanted))
      })
    }
  }
}

interface Gap extends Box {
  /** Where its upright lines begin. */
  tracks: number
}

/** The columns and the gaps between them, from left to right: what room is left goes to the gaps. */
function spread(widths: readonly number[], routes: Routes, room: Room): { xs: number[]; gaps: Gap[]; width: number } {
  const { em } = room
  const step = routes.step
  const outer = (index: number) => index === 0 || index === widths.length
  const least = routes.gaps.map((rails, index) => {
    const tracks = rails.length * step
    if (outer(index)) return rails.length === 0 ? 0 : tracks + 0.6 * em
    const labels = (routes.labels[index]?.left ? 5 * em : 0.8 * em) + (routes.labels[index]?.right ? 5 * em : 0.8 * em)
    return Math.max(5.5 * em, tracks + labels)
  })
  const natural = [...least, ...widths].reduce((sum, each) => sum + each, 2)
  const inner = Math.max(0, widths.length - 1)
  const extra = inner === 0 ? 0 : Math.min(Math.max(0, room.width - natural) / inner, 14 * em)
  const xs: number[] = []
  const gaps: Gap[] = []
  let x = 1
  least.forEach((width, index) => {
    const wide = width + (outer(index) ? 0 : extra)
    const rails = (routes.gaps[index]?.length ?? 0) * step
    const { left, right } = routes.labels[index] ?? { left: false, right: false }
    const spare = wide - rails
    const tracks = x + (left === right ? spare / 2 : left ? spare - 0.6 * em : 0.6 * em) + step / 2
    gaps.push({ x, y: 0, width: wide, height: room.height, tracks })
    x += wide
    xs.push(x)
    x += widths[index] ?? 0
  })
  return { xs, gaps, width: Math.max(room.width, x + 1) }
}

function trackX(gap: number, rail: string, routes: Routes, gaps: readonly Gap[], em: number): number {
  const index = routes.gaps[gap]?.findIndex(({ id }) => id === rail) ?? 0
  return (gaps[gap]?.tracks ?? em) + Math.max(0, index) * routes.step
}

/** Gives a box and its ports their places from left to right. */
function across(each: NodePlace, column: number, xs: readonly number[], widths: readonly number[], em: number) {
  const { box, ports, node } = each
  box.x = xs[column] ?? 0
  box.width = widths[column] ?? 0
  const pad = (each.form === 'full' ? PAD : 0.35) * em
  const outside = node.kind === 'stranger' || node.kind === 'absent'
  const width = portWidth(each) * em
  for (const { side, box: place } of ports) {
    place.width = outside ? 0 : side === 'both' ? box.width - 2 * pad : width
    place.x = side === 'right' ? box.x + box.width - (outside ? 0 : pad) - place.width : box.x + (outside ? 0 : pad)
    if (outside && side === 'both') place.width = box.width
  }
  const left = ports.some(({ side }) => side !== 'right')
  const right = ports.some(({ side }) => side !== 'left')
  each.words =
    left && right && ports.length > 0
      ? null
      : {
          x: box.x + pad + (left && !outside ? width + 0.5 * em : 0),
          right: box.x + box.width - pad - (right && !outside ? width + 0.5 * em : 0),
        }
}

function labelsOf(
  nodes: readonly NodePlace[],
  links: readonly LinkPlace[],
  columnOf: (node: Node) => number,
  gaps: readonly Gap[],
  routes: Routes,
  em: number,
): Label[] {
  const labels: Label[] = []
  for (const each of nodes) {
    const column = columnOf(each.node)
    for (const { port, box } of each.ports) {
      const gapSide = routes.labelled.get(port.key)
      if (gapSide === undefined) continue
      const gap = gaps[gapSide === 'left' ? column : column + 1]
      const own = links.filter(({ link }) => link.from === port.key || link.to === port.key)
      const straight = own.length === 1 && own[0]?.points.length === 2
      if (!gap) continue
      const y = box.y + box.height / 2
      if (straight) {
        labels.push({ port, x: gap.x + gap.width / 2, y, anchor: 'middle', chars: gap.width / em / 0.56 })
      } else {
        const room = gapSide === 'right' ? gap.tracks - gap.x : gap.x + gap.width - gap.tracks
        labels.push({
          port,
          x: gapSide === 'right' ? gap.x + 0.4 * em : gap.x + gap.width - 0.4 * em,
          y,
          anchor: gapSide === 'right' ? 'start' : 'end',
          chars: Math.max(8, room / em / 0.56),
        })
      }
    }
  }
  return labels
}

/** Without points that are on a straight line between their neighbours. */
function simple(points: readonly Point[]): Point[] {
  const kept: Point[] = []
  for (const point of points) {
    const [before, last] = [kept.at(-2), kept.at(-1)]
    if (last && Math.abs(last.x - point.x) < 0.01 && Math.abs(last.y - point.y) < 0.01) continue
    const level = before && last && Math.abs(before.y - last.y) < 0.01 && Math.abs(last.y - point.y) < 0.01
    const plumb = before && last && Math.abs(before.x - last.x) < 0.01 && Math.abs(last.x - point.x) < 0.01
    if (level || plumb) kept.pop()
    kept.push(point)
  }
  return kept
}

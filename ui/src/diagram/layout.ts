// The picture of a graph: where every box, port, line and figure is, in pixels.

import { across, align, leastWidth, naturalWidth, type NodePlace, upright } from './boxes'
import { type Graph, headsOf, type Link, type Node } from './graph'
import { type Label, labelsOf } from './labels'
import { type Point, simple } from './path'
import type { Places } from './places'
import { HEIGHT_MIN, type Room } from './room'
import { route } from './route'
import type { Side } from './sides'
import { spread } from './spread'

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

export interface Picture {
  /** What the drawing needs. If that is more than it was given, it is shown smaller. */
  width: number
  height: number
  nodes: NodePlace[]
  links: LinkPlace[]
  labels: Label[]
  widths: Widths
}

/** The widths that columns and gaps have, in em: they stay, so that what comes and goes leaves the others where they are. */
export interface Widths {
  columns: ReadonlyMap<number, number>
  gaps: readonly number[]
}

/** The picture, with the widths of the one before. */
export function layout(graph: Graph, places: Places, room: Room, kept: Widths): Picture {
  const { em } = room
  const used = [...places.spots.values()].map(({ column }) => column)
  const columns = [...new Set([...used, ...kept.columns.keys()])].sort((a, b) => a - b)
  const columnOf = (node: Node) => columns.indexOf(places.spots.get(node.id)?.column ?? 0)
  const nodes = graph.nodes.map((node) => upright(node, places, room))
  align(graph, nodes, columnOf, em)
  const heights = new Map(
    nodes.flatMap(({ ports }) => ports.map(({ port, box }) => [port.key, box.y + box.height / 2])),
  )
  const routes = route(graph, places.sides, nodes, columnOf, columns.length, heights, em)
  const wanted = columns.map((column, index) => {
    const inside = nodes.filter(({ node }) => columnOf(node) === index)
    return {
      natural: Math.max(kept.columns.get(column) ?? 6.8, ...inside.map((each) => naturalWidth(each, routes.labelled))),
      least: Math.max(0, ...inside.map((each) => leastWidth(each, routes.labelled))),
    }
  })
  const { xs, widths, gaps, gapWidths, width } = spread(wanted, routes, room, kept.gaps)
  for (const each of nodes) {
    const column = columnOf(each.node)
    across(each, xs[column] ?? 0, widths[column] ?? 0, em)
  }
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
      const x = (gaps[gap]?.tracks ?? 0) + (routes.gaps[gap]?.get(rail) ?? 0) * (gaps[gap]?.step ?? 0)
      points.push({ x, y: points.at(-1)?.y ?? y }, { x, y })
    }
    points.push(last)
    const heads = headsOf(graph, link)
    const turned = !hub
    const shown = heads === 'both' ? heads : turned === (heads === 'end') ? 'start' : 'end'
    return [{ link, points: simple(points), turned, hub: way.hub, heads: shown } satisfies LinkPlace]
  })
  const bottom = Math.max(0, ...nodes.map(({ box }) => box.y + box.height), routes.bottom)
  const height = Math.max(room.height, HEIGHT_MIN * em, bottom + 2)
  return {
    width,
    height,
    nodes,
    links,
    labels: labelsOf(nodes, links, columnOf, gaps, routes, height, em),
    widths: {
      columns: new Map(columns.map((column, index) => [column, wanted[index]?.natural ?? 0])),
      gaps: gapWidths,
    },
  }
}

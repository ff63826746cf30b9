// The boxes of the picture: their places from top to bottom, their widths, their ports.

import { type Form, isFull, middlesOf } from './forms'
import type { Graph, Node, Port } from './graph'
import type { Box } from './path'
import type { Places } from './places'
import { capacityOf, type Room } from './room'
import type { Side } from './sides'
import { titleOf, widthOf } from './titles'

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

const PORT_HEIGHT: Readonly<Record<Form, number>> = {
  tall: 1.85,
  full: 1.85,
  close: 1.35,
  snug: 0.95,
  line: 0.36,
}
const PAD = 0.75
/** The widths of boxes, in em. */
const STEPS = [6.8, 9.2, 11.4, 13.5, 16]
/** What is seen of the boxes behind the first of a group, in pixels. */
const STACK = 5
/** The room for a name next to ports, in em. */
const NAME_MIN = 4

/** A box with its ports, as high as it is and where it is from top to bottom. */
export function upright(node: Node, places: Places, room: Room): NodePlace {
  const { em } = room
  const spot = places.spots.get(node.id) ?? { column: 0, at: 0, size: 3 }
  const form = places.forms.get(spot.column) ?? 'full'
  const unit = capacityOf(room).unit[form] * em
  const middles = middlesOf(node, form, places.sides.ports)
  const height = PORT_HEIGHT[form] * em
  const ports = node.ports.map((port) => ({
    port,
    side: places.sides.ports.get(port.key) ?? ('left' as const),
    box: { x: 0, y: 1 + (spot.at + (middles.get(port.key) ?? 0)) * unit - height / 2, width: 0, height },
  }))
  const box = { x: 0, y: spot.at * unit + 1, width: 0, height: spot.size * unit }
  return { node, form: isFull(form) ? 'full' : form, box, ports, words: null }
}

/** Whether a box has no sockets that are known. */
export function isOutside({ kind, processes }: Node): boolean {
  return kind === 'stranger' || kind === 'absent' || (kind === 'group' && processes.length === 0)
}

function isWide({ ports }: NodePlace): boolean {
  const sides = new Set(ports.map(({ side }) => side))
  return sides.has('both') || (sides.has('left') && sides.has('right'))
}

/** How wide a port is, in em: as its type in monospace. */
function portWidth(each: NodePlace): number {
  if (each.form === 'line') return 0.8
  const letters = Math.max(...each.ports.map(({ port }) => port.type.length), 4)
  return Math.min(letters, 8) * 0.6 + (each.form === 'full' ? 1.3 : 0.7)
}

/** How wide a box wants to be, in em, in a few steps, so that names change it rarely. */
export function naturalWidth(each: NodePlace, labelled: ReadonlyMap<string, Side>): number {
  const title = widthOf(titleOf(each.node).name)
  const least = leastWidth(each, labelled)
  const wanted =
    each.form === 'full'
      ? Math.max(title + 2 * PAD, least, each.node.hint?.width ?? 0)
      : least - NAME_MIN + Math.max(NAME_MIN, title)
  return STEPS.find((step) => wanted <= step) ?? STEPS[STEPS.length - 1] ?? wanted
}

/** How narrow it may be: names are cut, sockets and figures are not. */
export function leastWidth(each: NodePlace, labelled: ReadonlyMap<string, Side>): number {
  const { node, form, ports } = each
  if (node.processes[0]?.isDesk && form === 'full') return 13.5
  const port = ports.length > 0 && !isOutside(node) ? portWidth(each) : 0
  const sides = isWide(each) ? 2 : 1
  const both = ports.some(({ side }) => side === 'both')
  if (form !== 'full') return Math.max(NAME_MIN + 0.7, both ? port + 0.7 : sides * (port + 0.4) + NAME_MIN + 0.3)
  const figures = ports.some((own) => !labelled.has(own.port.key) && own.port.type !== '')
  return 2 * PAD + sides * port + (sides === 2 ? 1.2 : figures ? 4.8 : 0)
}

/** Ports of the desk are level with their peers at the left, where there is room. */
export function align(graph: Graph, nodes: NodePlace[], columnOf: (node: Node) => number, em: number) {
  const levels = new Map(nodes.flatMap(({ ports }) => ports.map(({ port, box }) => [port.key, box.y])))
  for (const { node, box, ports, form } of nodes) {
    if (form !== 'full' || !node.processes[0]?.isDesk) continue
    const own = ports.filter(({ side }) => side === 'left')
    const height = (own[0]?.box.height ?? 0) + 0.25 * em
    own.forEach(({ port, box: place }, index) => {
      const peer = graph.links
        .filter(({ from, to }) => from === port.key || to === port.key)
        .map(({ from, to }) => (from === port.key ? to : from))
        .find((key) => columnOf(graph.nodeOf.get(key) ?? node) < columnOf(node))
      const above = own[index - 1]
      const least = above ? above.box.y + height : place.y
      const most = box.y + box.height - 0.4 * em - height * (own.length - index)
      place.y = Math.min(most, Math.max(least, (peer === undefined ? undefined : levels.get(peer)) ?? place.y))
    })
  }
}

/** Gives a box and its ports their places from left to right. */
export function across(each: NodePlace, x: number, wide: number, em: number) {
  const { box, ports, node } = each
  box.x = x
  box.width = node.kind === 'group' ? wide - STACK : wide
  const pad = (each.form === 'full' ? PAD : 0.35) * em
  const outside = isOutside(node)
  const width = portWidth(each) * em
  for (const { side, box: place } of ports) {
    place.width = outside ? 0 : side === 'both' ? box.width - 2 * pad : width
    place.x = side === 'right' ? box.x + box.width - (outside ? 0 : pad) - place.width : box.x + (outside ? 0 : pad)
    if (outside && side === 'both') place.width = box.width
  }
  const left = ports.some(({ side }) => side !== 'right')
  const right = ports.some(({ side }) => side !== 'left')
  const both = ports.some(({ side }) => side === 'both')
  const past = (there: boolean) => (there && !outside && !both ? width + 0.4 * em : 0)
  each.words =
    each.form === 'full' && (both || (left && right))
      ? null
      : { x: box.x + pad + past(left), right: box.x + box.width - pad - past(right) }
}

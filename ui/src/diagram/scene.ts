// From a cast to its picture, with the memory that keeps everything where it is.

import type { CastView } from '../generated/CastView'
import { isFull } from './forms'
import { type Graph, graphOf, type Node, type Port } from './graph'
import { groupable, grouped } from './groups'
import { layout, type Picture, type Widths } from './layout'
import { NOWHERE, place, type Places } from './places'
import { capacityOf, type Room } from './room'
import { titleOf } from './titles'

export interface Scene {
  graph: Graph
  picture: Picture
}

export class Stage {
  #places: Places = NOWHERE
  #groups: ReadonlySet<string> = new Set()
  #widths: Widths = { columns: new Map(), gaps: [] }
  #last: { shape: string; picture: Picture } | null = null
  readonly #now: () => number

  /** With a clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The picture of a cast in a room. The groups that are open are drawn as their members. */
  show(cast: CastView, room: Room, open: ReadonlySet<string>): Scene {
    const whole = graphOf(cast)
    const closed = () => new Set([...this.#groups].filter((key) => !open.has(key)))
    let graph = grouped(whole, closed())
    // Most changes of a cast are those of states: nothing is laid out again for them.
    const shape = shapeOf(graph, room)
    if (this.#last?.shape === shape) return { graph, picture: redrawn(this.#last.picture, graph) }
    const capacity = capacityOf(room)
    const nowMs = this.#now()
    let places = place(graph, this.#places, capacity, nowMs)
    if (places.crowded.size > 0) {
      const crowded = ({ id }: Node) => places.crowded.has(places.spots.get(id)?.column ?? NaN)
      const before = this.#groups.size
      this.#groups = new Set([...this.#groups, ...groupable(whole, crowded)])
      if (this.#groups.size > before) {
        graph = grouped(whole, closed())
        places = place(graph, this.#places, capacity, nowMs)
      }
    }
    this.#widths = this.#kept(places)
    this.#places = places
    let picture = layout(graph, places, room, this.#widths)
    // What is too high is shown smaller: then there is more room from left to right.
    const high = picture.height / room.height
    if (high > 1.01) {
      const wide = { ...room, width: room.width * high, height: picture.height }
      picture = layout(graph, places, wide, this.#widths)
    }
    this.#widths = picture.widths
    this.#last = { shape: shapeOf(graph, room), picture }
    return { graph, picture }
  }

  /** The widths of the columns that stay as they are: one that is empty does until something comes or moves. */
  #kept(places: Places): Widths {
    const came = [...places.spots].some(([id, { column }]) => this.#places.spots.get(id)?.column !== column)
    const used = new Set([...places.spots.values()].map(({ column }) => column))
    const stays = (column: number) => {
      const [before, now] = [this.#places.forms.get(column), places.forms.get(column)]
      return (used.has(column) || !came) && (!before || !now || isFull(before) === isFull(now))
    }
    return { ...this.#widths, columns: new Map([...this.#widths.columns].filter(([column]) => stays(column))) }
  }

  /** The group that a box stands for. */
  static groupOf(id: string): string {
    return id.slice('group '.length)
  }
}

/** All that the layout of a graph depends on. */
function shapeOf({ nodes, links }: Graph, room: Room): string {
  return JSON.stringify([
    room,
    nodes.map((node) => [
      node.id,
      titleOf(node),
      node.ports.map(({ key, type, sockets }) => [key, type, sockets.length]),
    ]),
    links.map(({ id }) => id),
  ])
}

/** The same picture of a graph with other states. */
function redrawn(picture: Picture, graph: Graph): Picture {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  const links = new Map(graph.links.map((link) => [link.id, link]))
  const port = <T extends { port: Port }>(place: T): T => ({
    ...place,
    port: graph.portOf.get(place.port.key) ?? place.port,
  })
  return {
    ...picture,
    nodes: picture.nodes.map((place) => ({
      ...place,
      node: nodes.get(place.node.id) ?? place.node,
      ports: place.ports.map(port),
    })),
    links: picture.links.map((place) => ({ ...place, link: links.get(place.link.id) ?? place.link })),
    labels: picture.labels.map(port),
  }
}

// From a cast to its picture, with the memory that keeps everything where it is.

import type { CastView } from '../generated/CastView'
import { type Graph, graphOf } from './graph'
import { groupable, grouped, groupOf } from './groups'
import { layout, type Picture, type Widths } from './layout'
import { NOWHERE, place, type Places } from './places'
import { capacityOf, type Room } from './room'

export interface Scene {
  graph: Graph
  picture: Picture
}

export class Stage {
  #places: Places = NOWHERE
  #groups: ReadonlySet<string> = new Set()
  #widths: Widths = { columns: new Map(), gaps: [] }

  /** The picture of a cast in a room. The groups that are open are drawn as their members. */
  show(cast: CastView, room: Room, open: ReadonlySet<string>): Scene {
    const whole = graphOf(cast)
    const capacity = capacityOf(room)
    const closed = () => new Set([...this.#groups].filter((key) => !open.has(key)))
    let graph = grouped(whole, closed())
    let places = place(graph, this.#places, capacity)
    if (places.crowded.size > 0) {
      const crowded = (id: string) => places.crowded.has(places.spots.get(id)?.column ?? NaN)
      const more = groupable(whole, ({ id }) => crowded(id))
      const before = this.#groups.size
      this.#groups = new Set([...this.#groups, ...more])
      if (this.#groups.size > before) {
        graph = grouped(whole, closed())
        places = place(graph, this.#places, capacity)
      }
    }
    this.#widths = this.#kept(places)
    this.#places = places
    const picture = layout(graph, places, room, this.#widths)
    this.#widths = picture.widths
    return { graph, picture }
  }

  /** The widths of the columns that stay: one that is empty does until something else comes. */
  #kept(places: Places): Widths {
    const came = [...places.spots.keys()].some((id) => !this.#places.spots.has(id))
    if (!came) return this.#widths
    const used = new Set([...places.spots.values()].map(({ column }) => column))
    return { ...this.#widths, columns: new Map([...this.#widths.columns].filter(([column]) => used.has(column))) }
  }

  /** The group that a box stands for. */
  static groupOf(id: string): string {
    return id.slice('group '.length)
  }

  /** Whether a group still has members. */
  static has(graph: Graph, group: string): boolean {
    return graph.nodes.some((node) => groupOf(graph, node) === group)
  }
}

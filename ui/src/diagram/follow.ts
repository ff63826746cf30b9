// Which messages can be followed one by one: those on lines that carry few, where one end has no other line.

import type { Direction } from '../generated/Direction'
import type { Graph, Link } from './graph'
import type { Rate } from './rates'

/** A line whose messages are known one by one: the socket at the end that has no other line. */
export interface Followed {
  link: string
  socket: string
  /** Whether that end is the one that connects. */
  connects: boolean
}

/** A line with fewer messages a second than this, both ways together, is followed; one that is followed stays so up to more. */
const FEW = 7
const STAYS = 12

/** Lines that are followed at once: dealz keeps the messages of 40 sockets, some of them for the other views and for a recording. */
export const FOLLOWED_MAX = 12

/** More messages at once than this are no longer single ones. */
export const SINGLE_MAX = 6

/** The lines to follow of those that are seen; if there are too many, those with the most recent messages. */
export function followed(
  graph: Graph,
  rates: ReadonlyMap<string, Rate>,
  before: ReadonlyMap<string, Followed>,
  recentMs: ReadonlyMap<string, number>,
  isSeen: (link: string) => boolean = () => true,
): Map<string, Followed> {
  const degree = new Map<string, number>()
  for (const { from, to } of graph.links) {
    for (const key of [from, to]) degree.set(key, (degree.get(key) ?? 0) + 1)
  }
  const all = graph.links.flatMap((link) => {
    const found = link.phase === 'up' && isSeen(link.id) ? endOf(graph, link, degree) : null
    const limit = before.has(link.id) ? STAYS : FEW
    return found && (rates.get(found.socket)?.perSecond ?? 0) < limit ? [found] : []
  })
  const recent = ({ link }: Followed) => recentMs.get(link) ?? -Infinity
  // The sort keeps the order of equals, so that lines without messages do not take turns.
  return new Map(
    all
      .sort((one, other) => (recent(other) === recent(one) ? 0 : recent(other) - recent(one)))
      .slice(0, FOLLOWED_MAX)
      .map((each) => [each.link, each]),
  )
}

/** The direction of a message that runs along a followed line, as its socket reports it. */
export function directionOf({ connects }: Followed, forward: boolean): Direction {
  return connects === forward ? 'sent' : 'received'
}

function endOf(graph: Graph, { id, from, to }: Link, degree: ReadonlyMap<string, number>): Followed | null {
  for (const [key, connects] of [
    [from, true],
    [to, false],
  ] as const) {
    const [socket, ...others] = graph.portOf.get(key)?.sockets ?? []
    if (socket && others.length === 0 && degree.get(key) === 1) return { link: id, socket: socket.key, connects }
  }
  return null
}

/** Two messages this close in time, in milliseconds, may be cause and effect: an order and its result. */
const CAUSE_MS = 250
/** A message waits this long at most for the one that caused it to arrive in the picture. */
const WAIT_MAX_MS = 6000

/** Messages leave along a line at least this far apart, in milliseconds, so that one does not cover the other. */
const GAP_MS = 180

/** A message on its way: the boxes between which it runs, along which line, and when it was sent. */
export interface Trip {
  from: string
  to: string
  line: string
  messageMs: number
}

/** When each message leaves in the picture, which is slower than the world: what answers a message waits for it to arrive. */
export class Timetable {
  #arrivals: { node: string; messageMs: number; atMs: number }[] = []
  /** When the last one left, by line and direction. */
  #left = new Map<string, number>()

  /** When a message leaves, which takes so long to arrive. */
  depart({ from, to, line, messageMs }: Trip, nowMs: number, runMs: number): number {
    this.#arrivals = this.#arrivals.filter(({ atMs }) => atMs > nowMs)
    this.#left = new Map([...this.#left].filter(([, atMs]) => atMs + GAP_MS > nowMs))
    const causes = this.#arrivals.filter(
      (arrival) =>
        arrival.node === from &&
        arrival.messageMs <= messageMs &&
        messageMs - arrival.messageMs < CAUSE_MS &&
        arrival.atMs - nowMs < WAIT_MAX_MS,
    )
    const way = `${line} ${from}`
    const afterMs = (this.#left.get(way) ?? -Infinity) + GAP_MS
    const startMs = Math.max(nowMs, afterMs, ...causes.map(({ atMs }) => atMs))
    this.#left.set(way, startMs)
    this.#arrivals.push({ node: to, messageMs, atMs: startMs + runMs })
    return startMs
  }

  clear(): void {
    this.#arrivals = []
    this.#left.clear()
  }
}

// The lines that pulse: those with a message between two counts. The counts are taken ten times a second at
// most, so a line never pulses more often than that. Moving dots cost more than all else on the page while no one acts, so a
// line with few messages pulses once a second; each of a few that come alone has its dot.

import type { CastView } from '../generated/CastView'
import type { ProcessCounts } from '../generated/ProcessCounts'
import { type Graph, patternOfLine } from './graph'
import type { Pattern } from '../state/status'
import { flowOf } from './kinds'
import { forSockets } from './rates'

/** The counts of each socket at one time, by its key. */
export type Counted = ReadonlyMap<string, { received: number; sent: number }>

export interface Pulse {
  /** The link that it runs along. */
  link: string
  pattern: Pattern
  /** Whether it runs to the end that the link connects to. */
  forward: boolean
  /** How many messages it stands for. */
  messages: number
  /** What distributes its messages to one of several, round-robin; none if every peer gets each. */
  turns: string | null
}

/** Pulses that a line may have in a row, and the wait for each further one, in milliseconds. */
const ROW_MAX = 3
const WAIT_MS = 1000

/** So many messages are worth a pulse at any time. */
const MANY = 50

/** Which pulses are shown. */
export class Pace {
  #lines = new Map<string, { allowed: number; messages: number; atMs: number }>()

  /** Whether a pulse is shown. The messages of one that is not count with the next one. */
  admits({ link, forward, messages }: Pulse, nowMs: number): boolean {
    const key = `${link} ${forward}`
    const line = this.#lines.get(key) ?? { allowed: ROW_MAX, messages: 0, atMs: nowMs }
    const allowed = Math.min(ROW_MAX, line.allowed + (nowMs - line.atMs) / WAIT_MS)
    const waiting = line.messages + messages
    const shown = allowed >= 1 || waiting >= MANY
    this.#lines.set(key, {
      allowed: shown ? Math.max(0, allowed - 1) : allowed,
      messages: shown ? 0 : waiting,
      atMs: nowMs,
    })
    return shown
  }

  /** Forgets all lines but these. */
  keep(links: ReadonlySet<string>): void {
    this.#lines = new Map([...this.#lines].filter(([key]) => links.has(key.slice(0, key.lastIndexOf(' ')))))
  }
}

export function counted(cast: CastView, counts: ReadonlyMap<string, ProcessCounts>): Counted {
  const all = new Map<string, { received: number; sent: number }>()
  forSockets(cast, counts, (key, { received, sent }) => all.set(key, { received, sent }))
  return all
}

/** One pulse for each that has turns. What is published goes to all at once. */
export function roundRobin(pulses: readonly Pulse[], turn: number): Pulse[] {
  const shared = new Map<string, Pulse[]>()
  for (const pulse of pulses) {
    if (pulse.turns !== null) shared.set(pulse.turns, [...(shared.get(pulse.turns) ?? []), pulse])
  }
  const ones = [...shared.values()].flatMap((all) => all[turn % all.length] ?? [])
  return [...pulses.filter(({ turns }) => turns === null), ...ones]
}

/** The pulses for the messages between two counts. */
export function pulsesBetween(graph: Graph, before: Counted, after: Counted): Pulse[] {
  const degree = new Map<string, number>()
  for (const { from, to } of graph.links) {
    for (const key of [from, to]) degree.set(key, (degree.get(key) ?? 0) + 1)
  }
  const grown = (port: string, way: 'received' | 'sent') =>
    (graph.portOf.get(port)?.sockets ?? []).reduce((sum, { key }) => {
      const count = after.get(key)?.[way] ?? 0
      // Fewer than before: the counts restarted, and no message is known.
      return sum + Math.max(0, count - (before.get(key)?.[way] ?? count))
    }, 0)
  return graph.links.flatMap(({ id, from, to, phase }) => {
    if (phase !== 'up') return []
    const pulses: Pulse[] = []
    for (const [sender, receiver] of [
      [from, to],
      [to, from],
    ] as const) {
      const [type, other] = [graph.portOf.get(sender)?.type ?? '', graph.portOf.get(receiver)?.type ?? '']
      if (flowOf(type) === 'in' || flowOf(other) === 'out') continue
      // The end that has this line alone knows what went along it; between two that have more, both must have some.
      const [sent, received] = [grown(sender, 'sent'), grown(receiver, 'received')]
      const [alone, lonely] = [degree.get(receiver) === 1 && other !== '', degree.get(sender) === 1 && type !== '']
      const messages = alone ? received : lonely ? sent : Math.min(sent || received, received || sent)
      const pattern = patternOfLine(graph, { from, to })
      const shared = pattern === 'pubsub' ? null : degree.get(sender) === 1 ? receiver : sender
      const turns = shared === null || degree.get(shared) === 1 ? null : `${shared} ${shared === sender}`
      if (messages > 0) pulses.push({ link: id, pattern, forward: sender === from, messages, turns })
    }
    return pulses
  })
}

// The look of a line: its form shows the state, its colour the pattern.

import type { ConnectionPhase } from '../generated/ConnectionPhase'
import type { Presence } from '../generated/Presence'
import type { Graph, Link, Node } from './graph'

/**
 * Solid: up. Long dashes: connecting. Dash and dot: handshake in progress. Dots: retrying. A bar across: refused.
 * Hollow: silent. Faint: no connection.
 */
export type Look = 'solid' | 'dashes' | 'dashdot' | 'dots' | 'bar' | 'hollow' | 'faint'

const LOOKS: Readonly<Record<ConnectionPhase, Look>> = {
  up: 'solid',
  handshake: 'dashdot',
  connecting: 'dashes',
  retrying: 'dots',
  refused: 'bar',
  closed: 'faint',
}

/** A line is what its connection is; if one end is silent, that is not known. */
export function lookOf(graph: Graph, { from, to, phase }: Link): Look {
  const ends = [from, to].map((port) => presenceOf(graph.nodeOf.get(port)))
  if (ends.includes('gone')) return phase === 'up' ? 'dots' : LOOKS[phase]
  if (ends.some((presence) => presence !== 'present')) return 'hollow'
  return LOOKS[phase]
}

/** Whether a box's processes report: what is wrong with all of them, or that nothing is with one at least. */
export function presenceOf(node: Node | undefined): Presence {
  const [first, ...others] = node?.processes ?? []
  if (!first || others.some(({ presence }) => presence === 'present')) return 'present'
  return first.presence
}

/** What the legend says of the forms. */
export const LEGEND: readonly { look: Look; words: string }[] = [
  { look: 'solid', words: 'up' },
  { look: 'dashes', words: 'connecting' },
  { look: 'dots', words: 'retrying' },
  { look: 'bar', words: 'refused' },
  { look: 'hollow', words: 'silent' },
]

/** How thick a line is, as a factor: more for more traffic, so that it can be seen from afar. */
export function weight(perSecond: number): number {
  if (perSecond >= 1000) return 1.7
  return perSecond >= 100 ? 1.35 : 1
}

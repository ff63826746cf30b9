// What a change in percent is relative to, in words.

import { day, price } from '../../format'
import type { PriceStart } from '../../generated/PriceStart'
import type { Quote } from '../../generated/Quote'

const STARTS: Record<PriceStart, string> = {
  firstSeen: 'the first price seen',
  loop: 'the start of the history',
  restart: 'the restart of the publisher',
}

/** The word at a point where the line of a chart starts again. */
export const START_WORDS: Record<Exclude<PriceStart, 'firstSeen'>, string> = { loop: 'loop', restart: 'restart' }

/** The reference of one quote: `since 39.810, the start of the history (1 Jan 2000)`. */
export function referenceWords({ reference }: Quote): string {
  if (reference === null) return ''
  const when = reference.tickMs === null ? '' : ` (${day(reference.tickMs)})`
  return `since ${price(reference.price)}, ${STARTS[reference.since]}${when}`
}

/** The reference of all quotes, without their prices: `change since the start of the history`. */
export function changeWords(quotes: readonly Quote[]): string {
  const starts = new Set(quotes.flatMap(({ reference }) => reference?.since ?? []))
  const [start] = starts
  if (start === undefined) return ''
  return `change since ${starts.size === 1 ? STARTS[start] : 'the first price of each'}`
}

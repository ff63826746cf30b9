// The room for a picture, and what it holds, whatever comes.

import type { Capacity } from './places'

export interface Room {
  width: number
  height: number
  /** The size of letters. */
  em: number
}

/** The rows of the full form that a room has, whatever is in it: so nothing moves when something comes. */
const ROWS = 28
/** The least height of half a port in a box with a title, in em. */
const ROW = 1.07
/** What is smaller than this is shown smaller, in em. */
export const HEIGHT_MIN = 24
/** The width of a column and of a gap with which a room is divided, in em. */
const COLUMN = 8.6
const GAP = 5.4

/** What a room holds. */
export function capacityOf({ width, height, em }: Room): Capacity {
  const tall = Math.max(height / em, HEIGHT_MIN)
  const stretched = Math.min(1.7, Math.max(ROW, tall / ROWS))
  return {
    columns: Math.max(3, Math.floor((width / em + GAP) / (COLUMN + GAP))),
    height: tall,
    unit: { tall: stretched, full: ROW, close: 1, snug: 1, line: 1 },
  }
}

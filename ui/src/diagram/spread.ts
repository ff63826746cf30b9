// The columns and the gaps between them, from left to right.

import type { Routes } from './route'
import type { Room } from './room'

export interface Gap {
  x: number
  width: number
  /** Where its first upright line is, and how far the next one is from it. */
  tracks: number
  step: number
}

/** A column, in em: as wide as its boxes want to be, and as narrow as they may be. */
export interface ColumnWidth {
  natural: number
  least: number
}

/** The room for a figure next to a port, in em, and less if that is all there is. */
const LABEL = { usual: 5, least: 4.2 }
const MARGIN = 0.8
const OVER = 1.6
/** Between the last track and a box. */
const EDGE = 0.6
/** The widest gap. */
const WIDE = 16
/** No column is cut to less, in em. */
const NARROW = 7

export interface Spread {
  /** The left edges of the columns and their widths, in pixels. */
  xs: number[]
  widths: number[]
  gaps: Gap[]
  /** The widths of the gaps, in em. */
  gapWidths: number[]
  /** The width of the whole, in pixels. */
  width: number
}

/**
 * What room is left goes to the gaps; what is missing is taken from the gaps, then from names. Gaps that are wide enough
 * stay as wide as they were: a line more or less moves nothing.
 */
export function spread(columns: readonly ColumnWidth[], routes: Routes, room: Room, before: readonly number[]): Spread {
  const { em } = room
  const counts = routes.gaps.map((tracks) => Math.max(-1, ...tracks.values()) + 1)
  const steps = counts.map((count) => (count <= 4 ? 0.9 : 0.6))
  const space = room.width / em - 2 / em
  let gapWidths = counts.map((_, index) => needed(index, columns.length, counts, steps, routes.labels, false))
  let widths = columns.map(({ natural }) => natural)
  if (sum(widths) + sum(gapWidths) > space + 0.01) {
    gapWidths = counts.map((_, index) => needed(index, columns.length, counts, steps, routes.labels, true))
    widths = capped(columns, space - sum(gapWidths))
  }
  const kept = before.length === gapWidths.length && before.every((width, index) => width >= (gapWidths[index] ?? 0))
  if (kept && sum(widths) + sum(before) <= space + 0.01) gapWidths = [...before]
  else gapWidths = filled(gapWidths, space - sum(widths))
  const xs: number[] = []
  const gaps: Gap[] = []
  let x = Math.max(0, space - sum(widths) - sum(gapWidths)) / 2 + 1 / em
  gapWidths.forEach((width, index) => {
    const step = steps[index] ?? 0
    const rest = width - (counts[index] ?? 0) * step
    const { left, right } = routes.labels[index] ?? { left: false, right: false }
    const margin = left === right ? rest / 2 : left ? rest - EDGE : EDGE
    gaps.push({ x: x * em, width: width * em, tracks: (x + margin + step / 2) * em, step: step * em })
    x += width
    xs.push(x * em)
    x += widths[index] ?? 0
  })
  return {
    xs,
    widths: widths.map((width) => width * em),
    gaps,
    gapWidths,
    width: Math.max(room.width, x * em + 1),
  }
}

/** How wide a gap must be. */
function needed(
  index: number,
  columns: number,
  counts: readonly number[],
  steps: readonly number[],
  labels: Routes['labels'],
  tight: boolean,
): number {
  const count = counts[index] ?? 0
  const step = steps[index] ?? 0
  const { left, right } = labels[index] ?? { left: false, right: false }
  const sides = left || right ? 1 : 0
  // Outside of the columns are lines that turn back to the same one.
  if (index === 0 || index === columns)
    return count === 0 ? 0 : count * step + EDGE + sides * LABEL[tight ? 'least' : 'usual']
  if (tight) {
    // The figures of one side are written over the tracks.
    const words = sides === 1 ? LABEL.least + (left && right ? OVER : MARGIN) : 2 * MARGIN
    return Math.max(LABEL.least + 0.5, count * step + words)
  }
  // With room for some tracks more, so that the next line changes nothing.
  const spare = count <= 1 ? 1 : Math.ceil(count / 3) * 3
  return spare * step + (left && right ? 2 * LABEL.usual : LABEL.usual + MARGIN)
}

/** Gaps between columns that fill a space: as equal as they can be, and none wider than is good to read. */
function filled(gaps: readonly number[], space: number): number[] {
  const at = (level: number) => gaps.map((gap, index) => (index % (gaps.length - 1) === 0 ? gap : Math.max(gap, level)))
  return at(highest(0, WIDE, (level) => sum(at(level)) <= space))
}

/** Columns that fit in a space: the widest are cut first, to names that are as long as those of the others. */
function capped(columns: readonly ColumnWidth[], space: number): number[] {
  const at = (cap: number) => columns.map(({ natural, least }) => Math.min(natural, Math.max(least, NARROW, cap)))
  const most = Math.max(0, ...columns.map(({ natural }) => natural))
  return at(highest(0, most, (cap) => sum(at(cap)) <= space))
}

/** About the highest number in a range for which something holds. */
function highest(low: number, high: number, holds: (value: number) => boolean): number {
  if (holds(high)) return high
  for (let round = 0; round < 14; round++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, each) => total + each, 0)
}

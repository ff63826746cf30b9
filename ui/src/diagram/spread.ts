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

/** What room is left goes to the gaps; what is missing is taken from names, then from the gaps. */
export function spread(
  columns: readonly ColumnWidth[],
  routes: Routes,
  room: Room,
): { xs: number[]; widths: number[]; gaps: Gap[]; width: number } {
  const { em } = room
  const counts = routes.gaps.map((tracks) => Math.max(-1, ...tracks.values()) + 1)
  const steps = counts.map((count) => (count <= 4 ? 0.9 : 0.6))
  const outer = (index: number) => index === 0 || index === columns.length
  const gapWidth = (index: number, label: number) => {
    const tracks = (counts[index] ?? 0) * (steps[index] ?? 0)
    if (outer(index)) return tracks === 0 ? 0 : tracks + 0.6
    const { left, right } = routes.labels[index] ?? { left: false, right: false }
    return Math.max(label + 0.5, tracks + (left ? label : MARGIN) + (right ? label : MARGIN))
  }
  const sum = (widths: readonly number[]) => widths.reduce((total, each) => total + each, 0)
  const space = room.width / em - 2 / em
  let gapWidths = routes.gaps.map((_, index) => gapWidth(index, LABEL.usual))
  let widths = columns.map(({ natural }) => natural)
  const missing = sum(widths) + sum(gapWidths) - space
  if (missing > 0) {
    const slack = columns.map(({ natural, least }) => Math.max(0, natural - Math.max(7.4, least)))
    const share = Math.min(1, missing / (sum(slack) || 1))
    widths = widths.map((width, index) => width - (slack[index] ?? 0) * share)
    const still = sum(widths) + sum(gapWidths) - space
    if (still > 0.01) gapWidths = routes.gaps.map((_, index) => gapWidth(index, LABEL.least))
  }
  const inner = Math.max(0, columns.length - 1)
  const spare = Math.max(0, space - sum(widths) - sum(gapWidths))
  const extra = inner === 0 ? 0 : Math.min(spare / inner, 10)
  const xs: number[] = []
  const gaps: Gap[] = []
  let x = (spare - extra * inner) / 2 + 1 / em
  gapWidths.forEach((least, index) => {
    const width = least + (outer(index) ? 0 : extra)
    const step = steps[index] ?? 0
    const rest = width - (counts[index] ?? 0) * step
    const { left, right } = routes.labels[index] ?? { left: false, right: false }
    const before = left === right ? rest / 2 : left ? rest - 0.6 : 0.6
    gaps.push({ x: x * em, width: width * em, tracks: (x + before + step / 2) * em, step: step * em })
    x += width
    xs.push(x * em)
    x += widths[index] ?? 0
  })
  return { xs, widths: widths.map((width) => width * em), gaps, width: Math.max(room.width, x * em + 1) }
}

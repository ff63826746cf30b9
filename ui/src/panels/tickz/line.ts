// The points of a price line, and where it starts again.

import type { PricePoint } from '../../generated/PricePoint'

/** A point of the chart's line; its colour is that of the line from it to the next point. */
export interface LinePoint {
  /** In seconds since 1970. */
  time: number
  value: number
  color?: 'transparent'
}

/** Whether a line starts again at a point. */
export function breaks(point: PricePoint | undefined): boolean {
  return point?.start === 'loop' || point?.start === 'restart'
}

/** The line through the points from an index on. To a point at which it starts again there is none: nothing was traded. */
export function linePoints(points: readonly PricePoint[], from: number): LinePoint[] {
  return points.slice(from).map(({ timeMs, price }, index) => {
    const drawn = { time: timeMs / 1000, value: price }
    return breaks(points[from + index + 1]) ? { ...drawn, color: 'transparent' } : drawn
  })
}

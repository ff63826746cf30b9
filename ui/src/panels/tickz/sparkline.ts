// The shape of a small price line.

import type { PricePoint } from '../../generated/PricePoint'
import { breaks } from './line'

/** Points that such a line has at most: more would not be seen. */
export const SPARKLINE_POINTS = 60

/**
 * The `d` of an SVG path through the newest prices since they last started again, from edge to edge; empty for fewer
 * than two.
 */
export function sparkline(points: readonly PricePoint[], width: number, height: number): string {
  const start = points.findLastIndex(breaks)
  const shown = points.slice(Math.max(start, points.length - SPARKLINE_POINTS, 0))
  if (shown.length < 2) return ''
  const prices = shown.map(({ price }) => price)
  const [low, high] = [Math.min(...prices), Math.max(...prices)]
  const inset = 1.5
  return prices
    .map((price, index) => {
      const x = (width * index) / (prices.length - 1)
      const share = high === low ? 0.5 : (price - low) / (high - low)
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${(height - inset - share * (height - 2 * inset)).toFixed(1)}`
    })
    .join('')
}

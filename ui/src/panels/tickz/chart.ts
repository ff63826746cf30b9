// The price chart of one symbol (lightweight-charts). New points are appended; all are set again only if they must be.

import {
  ColorType,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import { clock, price } from '../../format'
import type { PricePoint } from '../../generated/PricePoint'
import { POINTS_MAX } from '../../state/desk'
import { onLook, rem, token } from '../../theme'
import { START_WORDS } from './reference'
import { breaks, type LinePoint, linePoints } from './line'

export class PriceChart {
  readonly #chart: IChartApi
  readonly #prices: ISeriesApi<'Line'>
  /** A bar over the whole height at every loss of ticks. */
  readonly #gaps: ISeriesApi<'Histogram'>
  /** A word where the history or the publisher started again. */
  readonly #starts: ISeriesMarkersPluginApi<Time>
  readonly #unlook: () => void
  #symbol = ''
  #lastMs = 0
  #length = 0
  #appended = 0

  constructor(element: HTMLElement) {
    this.#chart = createChart(element, {
      autoSize: true,
      localization: {
        locale: 'en-US',
        priceFormatter: price,
        timeFormatter: (time: UTCTimestamp) => clock(time * 1000),
      },
      layout: { attributionLogo: true },
      timeScale: {
        timeVisible: true,
        secondsVisible: true,
        tickMarkFormatter: (time: UTCTimestamp) => clock(time * 1000),
        // The last label of the times fits in.
        rightOffsetPixels: 44,
        allowBoldLabels: false,
        minBarSpacing: 0.1,
      },
      rightPriceScale: { borderVisible: false },
      handleScale: { mouseWheel: true, pinch: true },
    })
    this.#gaps = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: 'gaps',
      priceLineVisible: false,
      lastValueVisible: false,
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }),
    })
    this.#chart.priceScale('gaps').applyOptions({ scaleMargins: { top: 0, bottom: 0 } })
    this.#prices = this.#chart.addSeries(LineSeries, {
      lineWidth: 2,
      priceFormat: { type: 'custom', minMove: 0.001, formatter: price },
    })
    this.#starts = createSeriesMarkers(this.#prices, [])
    this.#unlook = onLook(() => this.#look())
  }

  /** Shows a symbol's points: only the new ones if it is the same symbol as before. */
  show(symbol: string, points: readonly PricePoint[]): void {
    const restarts = symbol !== this.#symbol || points.length < this.#length || this.#appended > POINTS_MAX
    const first = restarts ? 0 : firstAfter(points, this.#lastMs)
    const fresh = points.slice(first)
    if (restarts) {
      this.#prices.setData(linePoints(points, 0).map(toPrice))
      this.#gaps.setData(points.filter(({ lost }) => lost > 0).map(toGap))
      if (symbol !== this.#symbol) this.#chart.timeScale().fitContent()
      this.#appended = 0
    } else {
      // The point before a break, which is drawn already, loses its line to the next.
      const from = breaks(points[first]) ? Math.max(0, first - 1) : first
      for (const point of linePoints(points, from)) this.#prices.update(toPrice(point))
      for (const point of fresh) if (point.lost > 0) this.#gaps.update(toGap(point))
      this.#appended += fresh.length
    }
    if (restarts || fresh.some(breaks)) this.#starts.setMarkers(points.filter(breaks).map(toStart))
    this.#symbol = symbol
    this.#length = points.length
    this.#lastMs = points.at(-1)?.timeMs ?? 0
  }

  remove(): void {
    this.#unlook()
    this.#chart.remove()
  }

  #look() {
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: token('--panel') },
        textColor: token('--dim'),
        fontFamily: token('--mono'),
        fontSize: Math.round(parseFloat(token('--t1')) * rem()),
      },
      grid: { vertLines: { visible: false }, horzLines: { color: token('--line') } },
      timeScale: { borderColor: token('--line') },
    })
    this.#prices.applyOptions({ color: token('--pubsub') })
    // The line is seen through the bar.
    this.#gaps.applyOptions({ color: `${token('--bad')}66` })
  }
}

/** The index of the first point after a time. */
function firstAfter(points: readonly PricePoint[], timeMs: number): number {
  let index = points.length
  while (index > 0 && (points[index - 1]?.timeMs ?? 0) > timeMs) index -= 1
  return index
}

function toPrice({ time, ...drawn }: LinePoint) {
  return { time: time as UTCTimestamp, ...drawn }
}

function toStart(point: PricePoint) {
  return {
    time: (point.timeMs / 1000) as UTCTimestamp,
    position: 'inBar',
    shape: 'circle',
    color: token('--text'),
    text: START_WORDS[point.start === 'restart' ? 'restart' : 'loop'],
  } as const
}

function toGap(point: PricePoint) {
  return { time: (point.timeMs / 1000) as UTCTimestamp, value: 1 }
}

// The strip of ticks per second (uPlot).

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { clock, rate } from '../../format'
import type { RateSample } from '../../state/desk'
import { onLook, rem, token } from '../../theme'

/** The least that the strip spans, in seconds. */
const SPAN_MIN_S = 10

export class RateStrip {
  #plot: uPlot | null = null
  #data: uPlot.AlignedData = [[], []]
  readonly #element: HTMLElement
  readonly #unlook: () => void
  readonly #watching: ResizeObserver

  constructor(element: HTMLElement) {
    this.#element = element
    this.#unlook = onLook(() => this.#build())
    this.#watching = new ResizeObserver(() => this.#plot?.setSize(this.#size()))
    this.#watching.observe(element)
  }

  show(rates: readonly RateSample[]): void {
    this.#data = [rates.map(({ timeMs }) => timeMs / 1000), rates.map(({ perSecond }) => perSecond)]
    this.#plot?.setData(this.#data)
  }

  remove(): void {
    this.#unlook()
    this.#watching.disconnect()
    this.#plot?.destroy()
  }

  /** Colours and sizes are fixed when a plot is made: another look is another plot. */
  #build() {
    this.#plot?.destroy()
    const size = parseFloat(token('--t1')) * rem()
    const font = `${size}px ${token('--mono')}`
    const axis = { stroke: token('--dim'), font, ticks: { show: false } }
    this.#plot = new uPlot(
      {
        ...this.#size(),
        legend: { show: false },
        cursor: { show: false },
        padding: [size / 2, size * 3, 0, 0],
        scales: {
          x: { range: (_, from, to) => [Math.min(from, to - SPAN_MIN_S), to] },
          y: { range: (_, __, high) => [0, Math.max(1, high * 1.15)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            incrs: [1, 2, 5, 10, 15, 30, 60],
            size: size * 2.4,
            gap: size * 0.7,
            values: (_, times) => times.map((time) => clock(time * 1000)),
            space: size * 8,
          },
          {
            ...axis,
            grid: { stroke: token('--line'), width: 1 },
            size: size * 5.8,
            values: (_, rates) => rates.map(rate),
            space: size * 1.8,
          },
        ],
        series: [{}, { stroke: token('--pubsub'), width: 2, points: { show: false } }],
      },
      this.#data,
      this.#element,
    )
  }

  #size() {
    return { width: this.#element.clientWidth, height: this.#element.clientHeight }
  }
}

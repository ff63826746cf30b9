// Messages a second of each socket, as figures that do not flicker.

import type { CastView } from '../generated/CastView'
import type { ProcessCounts } from '../generated/ProcessCounts'
import type { SocketCounts } from '../generated/SocketCounts'
import { steadyRate, type TrafficSample, withTraffic } from '../state/traffic'

export interface Rate {
  /** Messages a second, both ways. */
  perSecond: number
  /** Messages sent that peers have not received yet; null where that is not known. */
  onTheWay: number | null
  /** Messages that have arrived and that no program has received yet; null where that is not known. */
  waiting: number | null
}

/** The rates of all sockets, which change once a second at most. */
export class Meter {
  #samples: readonly TrafficSample[] = []

  read(cast: CastView, counts: ReadonlyMap<string, ProcessCounts>, timeMs: number): Map<string, Rate> {
    this.#samples = withTraffic(this.#samples, { cast, counts }, timeMs)
    const rates = new Map<string, Rate>()
    // What is suspended, silent or gone sends nothing now, whatever it did in the last ten seconds.
    const absent = cast.processes.filter(({ presence }) => presence !== 'present')
    const still = new Set(absent.flatMap(({ sockets }) => sockets.map(({ key }) => key)))
    forSockets(cast, counts, (key, { onTheWay, waiting }) => {
      const perSecond = still.has(key) ? 0 : steadyRate(this.#samples, key)
      rates.set(key, { perSecond, onTheWay, waiting })
    })
    return rates
  }
}

/** Calls with each socket that has counts, by its key. */
export function forSockets(
  cast: CastView,
  counts: ReadonlyMap<string, ProcessCounts>,
  each: (key: string, counts: SocketCounts) => void,
): void {
  for (const { id, sockets } of cast.processes) {
    const known = counts.get(id)?.sockets
    sockets.forEach(({ key }, index) => {
      const own = known?.[index]
      if (own) each(key, own)
    })
  }
}

/** The rate of several sockets together. */
export function together(rates: ReadonlyMap<string, Rate>, keys: readonly string[]): Rate {
  const known = keys.flatMap((key) => rates.get(key) ?? [])
  return {
    perSecond: known.reduce((sum, { perSecond }) => sum + perSecond, 0),
    onTheWay: sum(known.flatMap(({ onTheWay }) => onTheWay ?? [])),
    waiting: sum(known.flatMap(({ waiting }) => waiting ?? [])),
  }
}

/** The sum of what is known; null if nothing is. */
function sum(known: readonly number[]): number | null {
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0)
}

// Messages a second of each socket, as figures that do not flicker.

import type { CastView } from '../generated/CastView'
import type { ProcessCounts } from '../generated/ProcessCounts'
import type { SocketCounts } from '../generated/SocketCounts'

export interface Rate {
  /** Messages a second, both ways. */
  perSecond: number
  /** Messages sent that peers have not received yet; null where that is not known. */
  onTheWay: number | null
}

/** Below this rate single messages make the rate of one second jump between figures, and between some and none. */
const STEADY_FROM = 10
/** Few messages are counted over this long, in milliseconds. */
const SPAN_MS = 10_000

/** Takes the rates of all sockets, once a second at most. */
export class Meter {
  #samples: { timeMs: number; totals: Map<string, number> }[] = []

  read(cast: CastView, counts: ReadonlyMap<string, ProcessCounts>, timeMs: number): Map<string, Rate> {
    const rates = new Map<string, Rate>()
    const totals = new Map<string, number>()
    const oldest = this.#samples[0]
    forSockets(cast, counts, (key, socket) => {
      const total = socket.sent + socket.received
      totals.set(key, total)
      const now = socket.sentPerSecond + socket.receivedPerSecond
      const before = oldest?.totals.get(key)
      const elapsedMs = timeMs - (oldest?.timeMs ?? timeMs)
      // Fewer than before: the process counts from the beginning again.
      const known = before !== undefined && before <= total && elapsedMs >= 2000
      const steady = known ? Math.round(((total - before) / elapsedMs) * 10_000) / 10 : now
      rates.set(key, { perSecond: now < STEADY_FROM && steady < STEADY_FROM ? steady : now, onTheWay: socket.onTheWay })
    })
    this.#samples.push({ timeMs, totals })
    this.#samples = this.#samples.filter((sample) => sample.timeMs <= timeMs && timeMs - sample.timeMs <= SPAN_MS)
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
  const waiting = known.flatMap(({ onTheWay }) => onTheWay ?? [])
  return {
    perSecond: known.reduce((sum, { perSecond }) => sum + perSecond, 0),
    onTheWay: waiting.length === 0 ? null : waiting.reduce((sum, each) => sum + each, 0),
  }
}

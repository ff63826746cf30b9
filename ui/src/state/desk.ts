// The state that the page shows: a pure fold over the updates. Every list is bounded.

import type { ChatzView } from '../generated/ChatzView'
import type { Line } from '../generated/Line'
import type { MonitorLine } from '../generated/MonitorLine'
import type { PricePoint } from '../generated/PricePoint'
import type { ProcessView } from '../generated/ProcessView'
import type { SocketId } from '../generated/SocketId'
import type { SocketView } from '../generated/SocketView'
import type { StateChange } from '../generated/StateChange'
import type { TickzView } from '../generated/TickzView'
import type { Update } from '../generated/Update'
import type { ValuzView } from '../generated/ValuzView'

/** Points kept of one symbol: five minutes, at ten a second. */
export const POINTS_MAX = 3000
export const LINES_MAX = 500
export const EVENTS_MAX = 1000
export const STATES_MAX = 600
/** Rates kept: two minutes. */
export const RATES_MAX = 240
/** A little less than the half second and the second that are meant: updates do not come evenly. */
const RATE_STEP_MS = 450
const TRAFFIC_STEP_MS = 900
/** Samples of traffic kept: ten seconds, and the one before. */
const TRAFFIC_MAX = 11

/** The six sockets, in the order in which they are shown everywhere. */
export const SOCKETS: readonly SocketId[] = [
  'chatz.req',
  'chatz.sub',
  'tickz.sub',
  'valuz.push',
  'valuz.pull',
  'valuz.pub',
]

/** Ticks a second at one time, and all that were lost until then. */
export interface RateSample {
  timeMs: number
  perSecond: number
  lost: number
}

/** How many messages each socket had sent and received at one time, and how many a second then. */
export interface TrafficSample {
  timeMs: number
  counts: Readonly<Partial<Record<SocketId, number>>>
  perSecond: Readonly<Partial<Record<SocketId, number>>>
}

export interface Desk {
  /** When the newest update was made, in milliseconds since the Unix epoch; 0 before the first. */
  readonly timeMs: number
  readonly sockets: readonly SocketView[]
  readonly tickz: TickzView
  readonly chatz: ChatzView
  /** None before the first snapshot. */
  readonly valuz: ValuzView | null
  readonly processes: readonly ProcessView[]
  /** The price chart of each followed symbol, oldest first. */
  readonly points: Readonly<Record<string, readonly PricePoint[]>>
  /** Ticks a second, twice a second, oldest first. */
  readonly rates: readonly RateSample[]
  /** Traffic of the last seconds, once a second, oldest first. */
  readonly traffic: readonly TrafficSample[]
  readonly lines: readonly Line[]
  /** One line for each kind of event during one outage: it counts. By id, oldest first. */
  readonly events: readonly MonitorLine[]
  /** Monitor events that dealz could not keep up with. */
  readonly droppedEvents: number
  /** The phases of all sockets, oldest first. */
  readonly states: readonly StateChange[]
}

export const EMPTY: Desk = {
  timeMs: 0,
  sockets: [],
  tickz: { quotes: [], received: 0, lost: 0, outOfOrder: 0, restarts: 0 },
  chatz: { name: '', link: 'connecting', users: [], waiting: [], refusal: null },
  valuz: null,
  processes: [],
  points: {},
  rates: [],
  traffic: [],
  lines: [],
  events: [],
  droppedEvents: 0,
  states: [],
}

/** The state after an update. What has not changed stays the same object, so that nothing draws it again. */
export function applyUpdate(desk: Desk, update: Update): Desk {
  const before = update.snapshot ? EMPTY : desk
  const tickz = update.tickz ?? before.tickz
  const sockets = update.sockets === null ? before.sockets : withSockets(before.sockets, update.sockets)
  return {
    timeMs: update.timeMs,
    sockets,
    tickz,
    chatz: update.chatz ?? before.chatz,
    valuz: update.valuz ?? before.valuz,
    processes: update.processes ?? before.processes,
    points: withPoints(before.points, update.points, update.tickz),
    rates: withRate(desk.rates, sockets, tickz, update.timeMs),
    traffic: withTraffic(before.traffic, sockets, update.timeMs),
    lines: append(before.lines, update.lines, LINES_MAX),
    events: withEvents(before.events, update.events),
    droppedEvents: update.droppedEvents ?? before.droppedEvents,
    // Recordings of older versions have none.
    states: append(before.states, update.states ?? [], STATES_MAX),
  }
}

/**
 * Whether an update only counts on what is shown already, such as the attempts of a retry: that is worth drawing once a
 * second, not as often as it comes.
 */
export function isQuiet(desk: Desk, update: Update): boolean {
  const { snapshot, tickz, chatz, valuz, processes, points, lines, states } = update
  if (snapshot || tickz || chatz || valuz || processes || points.length + lines.length + (states?.length ?? 0) > 0) {
    return false
  }
  const newest = desk.events.at(-1)?.id ?? -1
  return (
    update.events.every(({ id }) => id <= newest) && (update.sockets ?? []).every((socket) => isStill(desk, socket))
  )
}

/** Whether a socket has the state and the messages that it had. */
function isStill(desk: Desk, { id, state, received, sent, peers }: SocketView): boolean {
  const before = socketOf(desk, id)
  if (!before || before.received !== received || before.sent !== sent || before.peers !== peers) return false
  const tries = (is: SocketView['state']['is']) => is === 'connecting' || is === 'retrying'
  return before.state.is === state.is || (tries(before.state.is) && tries(state.is))
}

/** One of the six, once it is known. */
export function socketOf(desk: Desk, id: SocketId): SocketView | undefined {
  return desk.sockets.find((socket) => socket.id === id)
}

/** All six come whenever one has changed. */
function withSockets(before: Desk['sockets'], after: readonly SocketView[]): Desk['sockets'] {
  return after.map((socket) => {
    const was = before.find(({ id }) => id === socket.id)
    return was && JSON.stringify(was) === JSON.stringify(socket) ? was : socket
  })
}

function withPoints(before: Desk['points'], added: readonly PricePoint[], tickz: TickzView | null): Desk['points'] {
  const forgets = tickz !== null && Object.keys(before).some((symbol) => !follows(tickz, symbol))
  if (added.length === 0 && !forgets) return before
  const after: Record<string, readonly PricePoint[]> = {}
  for (const [symbol, points] of Object.entries(before)) {
    if (tickz === null || follows(tickz, symbol)) after[symbol] = points
  }
  for (const [symbol, points] of grouped(added)) {
    after[symbol] = append(after[symbol] ?? [], points, POINTS_MAX)
  }
  return after
}

function withRate(
  before: Desk['rates'],
  sockets: readonly SocketView[],
  { lost }: TickzView,
  timeMs: number,
): Desk['rates'] {
  // A snapshot does not carry rates: those before it stay, unless it leads back in time.
  const kept = before.some((sample) => sample.timeMs > timeMs)
    ? before.filter((sample) => sample.timeMs < timeMs)
    : before
  const last = kept.at(-1)
  const socket = sockets.find(({ id }) => id === 'tickz.sub')
  if (!socket || (last && timeMs - last.timeMs < RATE_STEP_MS)) return kept
  return append(kept, [{ timeMs, perSecond: socket.receivedPerSecond, lost }], RATES_MAX)
}

function withTraffic(before: Desk['traffic'], sockets: readonly SocketView[], timeMs: number): Desk['traffic'] {
  const last = before.at(-1)
  if (sockets.length === 0 || (last && timeMs - last.timeMs < TRAFFIC_STEP_MS)) return before
  const counts = Object.fromEntries(sockets.map(({ id, received, sent }) => [id, received + sent]))
  const perSecond = Object.fromEntries(
    sockets.map(({ id, receivedPerSecond, sentPerSecond }) => [id, receivedPerSecond + sentPerSecond]),
  )
  return append(before, [{ timeMs, counts, perSecond }], TRAFFIC_MAX)
}

/** A line that comes again under its id has counted on: it takes the place of what it was. */
function withEvents(before: Desk['events'], added: readonly MonitorLine[]): Desk['events'] {
  if (added.length === 0) return before
  const newest = before.at(-1)?.id ?? -1
  const again = new Map(added.filter(({ id }) => id <= newest).map((line) => [line.id, line]))
  const kept = again.size === 0 ? before : before.map((line) => again.get(line.id) ?? line)
  return append(
    kept,
    added.filter(({ id }) => id > newest),
    EVENTS_MAX,
  )
}

function follows(tickz: TickzView, symbol: string): boolean {
  return tickz.quotes.some((quote) => quote.symbol === symbol)
}

function grouped(points: readonly PricePoint[]): Map<string, PricePoint[]> {
  const groups = new Map<string, PricePoint[]>()
  for (const point of points) {
    const group = groups.get(point.symbol)
    if (group) group.push(point)
    else groups.set(point.symbol, [point])
  }
  return groups
}

function append<T>(before: readonly T[], added: readonly T[], max: number): readonly T[] {
  if (added.length === 0) return before
  const all = [...before, ...added]
  return all.length > max ? all.slice(-max) : all
}

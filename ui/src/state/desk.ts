// The state that the page shows: a pure fold over the updates. Every list is bounded.

import type { CastView } from '../generated/CastView'
import type { ChatzView } from '../generated/ChatzView'
import type { HighlightView } from '../generated/HighlightView'
import type { Line } from '../generated/Line'
import type { MonitorLine } from '../generated/MonitorLine'
import type { PricePoint } from '../generated/PricePoint'
import type { ProcessCounts } from '../generated/ProcessCounts'
import type { ProcessView } from '../generated/ProcessView'
import type { ScenesView } from '../generated/ScenesView'
import type { StageView } from '../generated/StageView'
import type { StateChange } from '../generated/StateChange'
import type { TickzView } from '../generated/TickzView'
import type { Update } from '../generated/Update'
import type { ValuzView } from '../generated/ValuzView'
import type { ViewName } from '../generated/ViewName'
import { NO_HIGHLIGHT } from './highlight'
import { countsOf, NO_CAST, type Observed, ownSocket, placesOf } from './cast'
import { type TrafficSample, withTraffic } from './traffic'
import { type Curves, withCurves } from './curves'
import { NO_SCENES, NO_STAGE } from './stage'

/** Points kept of one symbol: five minutes, at ten a second. */
export const POINTS_MAX = 3000
export const LINES_MAX = 500
export const EVENTS_MAX = 1000
/** Phases kept of one socket. */
export const STATES_MAX = 100
/** Rates kept: two minutes. */
export const RATES_MAX = 240
/** A little less than the half second that is meant: updates do not come evenly. */
const RATE_STEP_MS = 450

/** Ticks a second at one time, and all that were lost until then. */
export interface RateSample {
  timeMs: number
  perSecond: number
  lost: number
}

/** The phases of sockets, by key, oldest first for each. */
export type Phases = ReadonlyMap<string, readonly StateChange[]>

export interface Desk extends Observed {
  /** When the newest update was made, in milliseconds since the Unix epoch; 0 before the first. */
  readonly timeMs: number
  readonly tickz: TickzView
  readonly chatz: ChatzView
  /** None before the first snapshot. */
  readonly valuz: ValuzView | null
  readonly processes: readonly ProcessView[]
  /** The processes of the open scene and its links; none if they are the desk’s own. */
  readonly troupe: readonly ProcessView[]
  /** How many pages of the audience are open. */
  readonly audience: number
  /** The view that was chosen last for all pages that control: another object for each choice, none before the first. */
  readonly chosenView: { readonly name: ViewName } | null
  readonly highlight: HighlightView
  /** The scenes that there are, and the one that is open. */
  readonly scenes: ScenesView
  /** How the open scene is. */
  readonly stage: StageView
  /** The price chart of each followed symbol, oldest first. */
  readonly points: Readonly<Record<string, readonly PricePoint[]>>
  /** Ticks a second, twice a second, oldest first. */
  readonly rates: readonly RateSample[]
  /** Traffic of the last seconds, once a second, oldest first. */
  readonly traffic: readonly TrafficSample[]
  /** What the numbers of each process were in the last minute. */
  readonly curves: Curves
  readonly lines: readonly Line[]
  /** One line for each kind of event during one outage: it counts. By id, oldest first. */
  readonly events: readonly MonitorLine[]
  readonly states: Phases
}

export const EMPTY: Desk = {
  timeMs: 0,
  cast: NO_CAST,
  counts: new Map(),
  tickz: { quotes: [], received: 0, lost: 0, outOfOrder: 0, restarts: 0 },
  chatz: { name: '', link: 'connecting', users: [], waiting: [], refusal: null },
  valuz: null,
  processes: [],
  troupe: [],
  audience: 0,
  chosenView: null,
  highlight: NO_HIGHLIGHT,
  scenes: NO_SCENES,
  stage: NO_STAGE,
  points: {},
  rates: [],
  traffic: [],
  curves: new Map(),
  lines: [],
  events: [],
  states: new Map(),
}

/** The state after an update. What has not changed stays the same object, so that nothing draws it again. */
export function applyUpdate(desk: Desk, update: Update): Desk {
  const before = update.snapshot ? EMPTY : desk
  const { timeMs } = update
  const tickz = update.tickz ?? before.tickz
  const cast = update.cast === null ? before.cast : withCast(desk.cast, update.cast)
  const counts = withCounts(before.counts, update.counts, cast)
  const observed = { cast, counts }
  return {
    timeMs,
    cast,
    counts,
    tickz,
    chatz: update.chatz ?? before.chatz,
    valuz: update.valuz ?? before.valuz,
    processes: update.processes ?? before.processes,
    // Recordings of older versions have none.
    troupe: update.troupe ?? before.troupe,
    audience: update.audience ?? before.audience,
    // A choice is no state: a snapshot does not undo it. Recordings of older versions have neither.
    chosenView: update.view
      ? { name: update.view }
      : desk === EMPTY && isInTalk(update)
        ? { name: 'stage' }
        : desk.chosenView,
    highlight: update.highlight ?? before.highlight,
    scenes: update.scenes ?? before.scenes,
    stage: update.stage ?? before.stage,
    points: withPoints(before.points, update.points, update.tickz),
    rates: withRate(desk.rates, observed, tickz, timeMs),
    traffic: withTraffic(before.traffic, observed, timeMs),
    curves: withCurves(desk.curves, update.counts, cast, timeMs),
    lines: append(before.lines, update.lines, LINES_MAX),
    events: withEvents(before.events, update.events),
    states: withStates(before.states, update.states, cast, cast !== before.cast),
  }
}

/** Whether a scene of the talk is open: a page that joins then begins with it. */
function isInTalk({ scenes }: Update): boolean {
  return scenes !== null && scenes.open !== null && scenes.startedMs !== null
}

/** The cast comes whole whenever anything of it has changed: what of it has not stays the same. */
function withCast(before: CastView, after: CastView): CastView {
  const were = new Map(before.processes.map((process) => [process.id, process]))
  const sockets = placesOf(before)
  const processes = after.processes.map((process) => {
    const was = were.get(process.id)
    if (was && isSame(was, process)) return was
    return { ...process, sockets: process.sockets.map((socket) => kept(sockets.get(socket.key)?.socket, socket)) }
  })
  return {
    ...after,
    processes,
    lines: kept(before.lines, after.lines),
    strangers: kept(before.strangers, after.strangers),
  }
}

function kept<T>(before: T | undefined, after: T): T {
  return before !== undefined && isSame(before, after) ? before : after
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Only processes whose counts have changed come; those that have left the cast go. */
function withCounts(before: Desk['counts'], added: readonly ProcessCounts[], cast: CastView): Desk['counts'] {
  const present = new Set(cast.processes.map(({ id }) => id))
  const left = [...before.keys()].filter((id) => !present.has(id))
  const known = added.filter(({ process }) => present.has(process))
  if (left.length + known.length === 0) return before
  const after = new Map(before)
  for (const id of left) after.delete(id)
  for (const counts of known) after.set(counts.process, counts)
  return after
}

/** Phases of sockets that have left the cast go with them. */
function withStates(before: Phases, added: readonly StateChange[], cast: CastView, isNew: boolean): Phases {
  if (added.length === 0 && !isNew) return before
  const places = placesOf(cast)
  const after = new Map([...before].filter(([key]) => places.has(key)))
  for (const change of added) {
    if (places.has(change.socket)) {
      after.set(change.socket, append(after.get(change.socket) ?? [], [change], STATES_MAX))
    }
  }
  return after
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

function withRate(before: Desk['rates'], observed: Observed, { lost }: TickzView, timeMs: number): Desk['rates'] {
  // A snapshot does not carry rates: those before it stay, unless it leads back in time.
  const kept = before.some((sample) => sample.timeMs > timeMs)
    ? before.filter((sample) => sample.timeMs < timeMs)
    : before
  const last = kept.at(-1)
  const socket = ownSocket(observed, 'tickz.sub')
  if (!socket || (last && timeMs - last.timeMs < RATE_STEP_MS)) return kept
  return append(kept, [{ timeMs, perSecond: countsOf(observed, socket.key).receivedPerSecond, lost }], RATES_MAX)
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

/** The list with more at its end, and at most so many. */
export function append<T>(before: readonly T[], added: readonly T[], max: number): readonly T[] {
  if (added.length === 0) return before
  const all = [...before, ...added]
  return all.length > max ? all.slice(-max) : all
}

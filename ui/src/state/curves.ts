// The numbers that programs want seen, over the last minute: a small curve for each. Pure.

import type { CastView } from '../generated/CastView'
import type { ProcessCounts } from '../generated/ProcessCounts'

/** How far back a curve goes, in milliseconds. */
export const CURVE_MS = 60_000
/** A little less than the second that is meant: counts do not come evenly. */
const STEP_MS = 900
/** Samples kept: those of a minute, and the one before it. */
export const CURVE_MAX = 62

/** All numbers of a process at one time. */
export interface Sample {
  readonly timeMs: number
  readonly values: ReadonlyMap<string, number | null>
}

/** By process; the samples of each oldest first. */
export type Curves = ReadonlyMap<string, readonly Sample[]>

/** Counts come only when they change: a sample lasts until the next one. */
export function withCurves(
  before: Curves,
  added: readonly ProcessCounts[],
  { processes }: CastView,
  timeMs: number,
): Curves {
  const present = new Set(processes.map(({ id }) => id))
  const left = [...before.keys()].some((id) => !present.has(id))
  const given = added.filter(({ process, values }) => values.length > 0 && present.has(process))
  if (given.length === 0 && !left) return before
  const after = new Map([...before].filter(([id]) => present.has(id)))
  for (const { process, values } of given) {
    // A recording may lead back in time.
    const kept = (after.get(process) ?? []).filter((sample) => sample.timeMs < timeMs)
    const last = kept.at(-1)
    const sample = { timeMs, values: new Map(values.map(({ name, value }) => [name, value])) }
    // Within a second the newest sample counts, at the time of the first.
    const isSoon = last !== undefined && timeMs - last.timeMs < STEP_MS
    const samples = isSoon ? [...kept.slice(0, -1), { ...sample, timeMs: last.timeMs }] : [...kept, sample]
    after.set(process, samples.slice(-CURVE_MAX))
  }
  return after
}

/** A point of a curve, in pixels. */
type Point = readonly [x: number, y: number]

/**
 * One number of a process as an SVG path in steps, the minute until now over the whole width; empty if there is nothing
 * to see.
 */
export function curvePath(
  samples: readonly Sample[],
  name: string,
  nowMs: number,
  width: number,
  height: number,
): string {
  const known = samples.flatMap(({ timeMs, values }) => {
    const value = values.get(name)
    return typeof value === 'number' ? [{ timeMs, value }] : []
  })
  if (known.length === 0) return ''
  const all = known.map(({ value }) => value)
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const pad = 1.5
  const y = (value: number) =>
    high === low ? height / 2 : height - pad - ((value - low) / (high - low)) * (height - 2 * pad)
  const x = (timeMs: number) => Math.max(0, (1 - (nowMs - timeMs) / CURVE_MS) * width)
  const points = known.flatMap(({ timeMs, value }, index): Point[] => {
    const next = known[index + 1]?.timeMs ?? nowMs
    return x(next) <= 0 && next !== nowMs
      ? []
      : [
          [x(timeMs), y(value)],
          [Math.min(width, x(next)), y(value)],
        ]
  })
  return points.map(([px, py], index) => `${index === 0 ? 'M' : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`).join('')
}

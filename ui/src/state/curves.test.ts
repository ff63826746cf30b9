import { expect, test } from 'vitest'
import { CURVE_MAX, type Curves, curvePath, withCurves } from './curves'
import { cast, counts, process } from './sample'

const here = cast([process('a', [])])
const lost = (value: number | null) => ({ ...counts('a'), values: [{ name: 'lost', value, unit: 'messages' }] })

function curves(times: readonly (readonly [number, number | null])[]): Curves {
  return times.reduce<Curves>((before, [timeMs, value]) => withCurves(before, [lost(value)], here, timeMs), new Map())
}

test('a minute of each number is kept, a sample a second, and goes with its process', () => {
  const many = curves(Array.from({ length: 500 }, (_, index) => [index * 500, index]))
  expect(many.get('a')).toHaveLength(CURVE_MAX)
  expect(many.get('a')?.at(-1)?.values.get('lost')).toBe(499)
  expect(withCurves(many, [], here, 1e6)).toBe(many)
  expect(withCurves(many, [], cast([]), 1e6).size).toBe(0)
})

test('time that steps back takes later samples with it', () => {
  const back = withCurves(
    curves([
      [1000, 1],
      [5000, 5],
    ]),
    [lost(2)],
    here,
    2000,
  )
  expect(back.get('a')?.map(({ timeMs }) => timeMs)).toEqual([1000, 2000])
})

test('a curve lasts until now, in steps from its lowest to its highest', () => {
  const samples =
    curves([
      [0, 0],
      [30_000, 10],
    ]).get('a') ?? []
  expect(curvePath(samples, 'lost', 60_000, 100, 20)).toBe('M0.0 18.5L50.0 18.5L50.0 1.5L100.0 1.5')
  expect(curvePath(samples, 'lost', 120_000, 100, 20)).toBe('M0.0 1.5L100.0 1.5')
  expect(curvePath(samples, 'other', 60_000, 100, 20)).toBe('')
  expect(curvePath(curves([[0, null]]).get('a') ?? [], 'lost', 0, 100, 20)).toBe('')
})

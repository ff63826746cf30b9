import { expect, test } from 'vitest'
import { point, quote } from '../state/sample'
import { hexText } from '../state/wire'
import { linePoints } from './tickz/line'
import { changeWords, referenceWords } from './tickz/reference'
import { sparkline, SPARKLINE_POINTS } from './tickz/sparkline'

test('a frame shows its bytes and what they are as text', () => {
  expect(hexText({ hex: '4d534654', byteCount: 4 })).toMatch(/^4d 53 46 54 +MSFT$/)
  expect(hexText({ hex: '0020ff', byteCount: 3 })).toMatch(/^00 20 ff +· ·$/)
  expect(hexText({ hex: '41'.repeat(40), byteCount: 40 })).toMatch(/^(41 ){11}41… +A{12}…$/)
  expect(hexText({ hex: '', byteCount: 0 })).toBe('(empty)')
})

test('a small price line goes from edge to edge, whatever the prices', () => {
  const points = [1, 3, 2].map((price, index) => point('IBM', index, price))
  expect(sparkline(points, 100, 20)).toBe('M0.0 18.5L50.0 1.5L100.0 10.0')
  expect(sparkline(points.slice(0, 1), 100, 20)).toBe('')
  expect(sparkline([point('IBM', 0, 5), point('IBM', 1, 5)], 100, 20)).toBe('M0.0 10.0L100.0 10.0')
  const many = Array.from({ length: 500 }, (_, index) => point('IBM', index, index))
  expect(sparkline(many, 100, 20).match(/[ML]/g)).toHaveLength(SPARKLINE_POINTS)
})

test('a change names what it is relative to', () => {
  const looped = { ...quote('IBM'), reference: { price: 39.81, tickMs: Date.UTC(2000, 0, 1), since: 'loop' } as const }
  expect(referenceWords(looped)).toBe('since 39.810, the start of the history (1 Jan 2000)')
  expect(changeWords([looped, looped])).toBe('change since the start of the history')
  expect(changeWords([looped, quote('MSFT')])).toBe('change since the first price of each')
  expect(changeWords([{ ...looped, reference: null }])).toBe('')
})

test('a small line begins at the start of a history', () => {
  const points = [point('IBM', 1, 100), point('IBM', 2, 110), { ...point('IBM', 3, 1), start: 'loop' as const }]
  const line = sparkline([...points, point('IBM', 4, 2)], 60, 20)
  expect(line).toBe(sparkline([point('IBM', 3, 1), point('IBM', 4, 2)], 60, 20))
})

test('the line of a chart does not fall to the start of the next round of a history', () => {
  const last = { ...point('IBM', 2, 110), timeMs: 2_000 }
  const points = [point('IBM', 1, 100), last, { ...point('IBM', 3, 1), start: 'loop' as const }, point('IBM', 4, 2)]
  // The colour of a point is that of the line from it on.
  expect(linePoints(points, 0).map(({ color }) => color)).toEqual([undefined, 'transparent', undefined, undefined])
  expect(linePoints(points, 1)[0]).toEqual({ time: 2, value: 110, color: 'transparent' })
})

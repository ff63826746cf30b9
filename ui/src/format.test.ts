import { expect, test } from 'vitest'
import {
  amount,
  bytes,
  change,
  changeSign,
  clock,
  clockMs,
  count,
  duration,
  figure,
  plural,
  price,
  rate,
} from './format'

test('numbers have fixed decimals and separators', () => {
  expect(count(63120)).toBe('63,120')
  expect(price(41.8)).toBe('41.800')
  expect([63120, 0.25031, -3, 123_456.7].map(figure)).toEqual(['63,120', '0.2503', '−3', '123,457'])
  expect(amount(-352114.07)).toBe('−352,114.07')
  expect(plural(1, 'worker')).toBe('1 worker')
  expect(plural(0, 'person', 'people')).toBe('0 people')
})

test('a change has an arrow, and none where it rounds to nothing', () => {
  expect(change(0.1)).toBe('▲ 0.10 %')
  expect(change(-0.24)).toBe('▼ 0.24 %')
  expect(change(-0.004)).toBe('● 0.00 %')
  expect([0.1, -0.24, 0.004].map(changeSign)).toEqual(['up', 'down', 'flat'])
})

test('rates take a prefix where they are large', () => {
  const written = [0, 0.42, 2, 41.4, 999.4, 999.6, 9999, 41_234, 999_949, 1_200_000].map(rate)
  expect(written).toEqual([
    '0/s',
    '0.4/s',
    '2/s',
    '41/s',
    '999/s',
    '1,000/s',
    '9,999/s',
    '41.2 k/s',
    '999.9 k/s',
    '1.20 M/s',
  ])
})

test('lengths of time and sizes carry their unit', () => {
  expect([120, 1234, 59_960, 200_000, -5].map(duration)).toEqual([
    '120 ms',
    '1.2 s',
    '1 min 00 s',
    '3 min 20 s',
    '0 ms',
  ])
  expect([640, 12_700, 40_000_000].map(bytes)).toEqual(['640 B', '12.4 KiB', '38.1 MiB'])
})

test('times of day have two digits a part', () => {
  const time = new Date(2026, 10, 21, 4, 3, 7, 9).getTime()
  expect(clock(time)).toBe('04:03:07')
  expect(clockMs(time)).toBe('04:03:07.009')
})

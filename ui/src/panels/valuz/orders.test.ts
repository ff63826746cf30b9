import { describe, expect, it } from 'vitest'
import type { ValuzView } from '../../generated/ValuzView'
import {
  countFault,
  FILE_MAX,
  fileFault,
  readOrders,
  recommendedCount,
  recommendedTime,
  seedFault,
  wholeNumber,
} from './orders'

const MAX = 4_000_000

describe('a whole number', () => {
  it('is read as people type it', () => {
    expect(['100000', ' 100,000 ', "4'000'000", '1_000', '10 000', '0'].map(wholeNumber)).toEqual([
      100_000, 100_000, 4_000_000, 1_000, 10_000, 0,
    ])
  })
  it('is nothing else', () => {
    for (const text of ['', '-1', '1.5', '1e3', ',1', '1,', 'ten', '99999999999999999']) {
      expect(wholeNumber(text), text).toBeNull()
    }
  })
})

it('a count has its bounds', () => {
  expect(countFault('1', MAX)).toBeNull()
  expect(countFault('4,000,000', MAX)).toBeNull()
  for (const text of ['0', '4000001', '', 'many']) expect(countFault(text, MAX), text).not.toBeNull()
})

it('a seed is held exactly', () => {
  expect(seedFault('0')).toBeNull()
  expect(seedFault('9007199254740991')).toBeNull()
  expect(seedFault('9007199254740992')).not.toBeNull()
})

describe('a file of orders', () => {
  it('is neither empty nor too large', () => {
    expect(fileFault({ name: 'a.csv', size: 0 })).toBe('a.csv is empty.')
    expect(fileFault({ name: 'a.csv', size: FILE_MAX })).toBeNull()
    expect(fileFault({ name: 'a.csv', size: FILE_MAX + 1 })).toContain('16.0 MiB')
  })
  it('is a text', async () => {
    await expect(readOrders(new File(['symbol\n'], 'a.csv'))).resolves.toEqual({
      name: 'a.csv',
      csv: 'symbol\n',
      byteCount: 7,
    })
    await expect(readOrders(new File([new Uint8Array([0xff, 0xfe])], 'b.png'))).rejects.toThrow('b.png is not text')
  })
})

it('a recommended number of orders comes with its time', () => {
  const recommended = [{ valuation: 'notional', count: 4_000_000, timeMs: 4_800, measured: true }]
  const valuz = { recommended } as ValuzView
  expect(recommendedCount(valuz, 'notional')).toBe(4_000_000)
  expect(recommendedTime(valuz, 'notional')).toBe('About 5 seconds of work.')
  expect(recommendedTime(valuz, 'var')).toBe('')
})

import { expect, test } from 'vitest'
import { applyUpdate, EMPTY } from './desk'
import { ageWords, isStalled, staleTicks, ticksFlow } from './freshness'
import { own, point, socket, tickz, update } from './sample'

test('three seconds without an update are a stall', () => {
  expect([2999, 3000].map(isStalled)).toEqual([false, true])
})

test('an age is counted in whole seconds', () => {
  expect([0, 3999, 31_000, 200_000].map(ageWords)).toEqual(['1 s', '3 s', '31 s', '3 min 20 s'])
})

test('prices are old as soon as their publisher is not up', () => {
  const lastMs = new Date(2026, 10, 21, 14, 3, 7).getTime()
  const up = applyUpdate(
    EMPTY,
    update({ cast: own(socket('tickz.sub')), tickz: tickz('IBM'), points: [point('IBM', lastMs)] }),
  )
  expect([ticksFlow(up), staleTicks(up, lastMs)]).toEqual([true, null])
  for (const state of [{ is: 'retrying', inMs: 1 } as const, { is: 'stale', reason: '' } as const]) {
    const down = applyUpdate(up, update({ cast: own(socket('tickz.sub', { state })) }))
    expect(staleTicks(down, lastMs + 31_000)).toBe('last tick at 14:03:07, 31 s ago')
  }
})

test('prices that never came are not old', () => {
  expect(staleTicks(EMPTY, 1000)).toBeNull()
})

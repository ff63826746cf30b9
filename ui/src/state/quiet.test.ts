import { expect, test } from 'vitest'
import { applyUpdate, EMPTY } from './desk'
import { isQuiet } from './quiet'
import { counts, DESK, EVENT, own, socket, tickz, update } from './sample'

const retrying = socket('tickz.sub', { state: { is: 'retrying', inMs: 100 }, attempts: 3 })
const desk = applyUpdate(
  EMPTY,
  update({ cast: own(retrying), counts: [counts(DESK, { received: 1 })], events: [EVENT] }),
)

test('what only counts on is quiet', () => {
  const connecting = { ...retrying, state: { is: 'connecting' as const }, attempts: 4 }
  expect(isQuiet(desk, update())).toBe(true)
  expect(isQuiet(desk, update({ cast: own(connecting), events: [{ ...EVENT, count: 2 }] }))).toBe(true)
  expect(isQuiet(desk, update({ counts: [counts(DESK, { received: 1, receivedPerSecond: 0.1 })] }))).toBe(true)
})

test('a message, another state, another event or another process is not', () => {
  expect(isQuiet(desk, update({ events: [{ ...EVENT, id: 1 }] }))).toBe(false)
  expect(isQuiet(desk, update({ counts: [counts(DESK, { received: 2 })] }))).toBe(false)
  expect(isQuiet(desk, update({ cast: own({ ...retrying, state: { is: 'up' } }) }))).toBe(false)
  expect(isQuiet(desk, update({ cast: own({ ...retrying, key: 'another/socket' }) }))).toBe(false)
  expect(isQuiet(desk, update({ cast: own() }))).toBe(false)
  expect(isQuiet(desk, update({ tickz: tickz('IBM') }))).toBe(false)
})

import { expect, test } from 'vitest'
import type { SocketCounts } from '../generated/SocketCounts'
import type { SocketView } from '../generated/SocketView'
import { applyUpdate, type Desk, EMPTY } from './desk'
import { counts, DESK, own, socket, update } from './sample'
import { trafficOf } from './traffic'

const KEY = `${DESK}/chatz.req`

/** The desk after its one socket has these counts. */
function after(desk: Desk, timeMs: number, changes: Partial<SocketCounts>, state: Partial<SocketView> = {}): Desk {
  return applyUpdate(desk, update({ timeMs, cast: own(socket('chatz.req', state)), counts: [counts(DESK, changes)] }))
}

/** Seconds of a socket that has one message every three seconds, and the rate at the end of each. */
function ratesOf(seconds: number): number[] {
  let desk = EMPTY
  return Array.from({ length: seconds }, (_, second) => {
    const received = Math.floor(second / 3)
    const receivedPerSecond = second % 3 === 0 && second > 0 ? 1 : 0
    desk = after(desk, second * 1000, { received, receivedPerSecond })
    return trafficOf(desk, KEY)
  })
}

test('a message every three seconds is a rate that does not blink', () => {
  const rates = ratesOf(30).slice(10)
  expect(rates.every((rate) => rate >= 0.3 && rate <= 0.4)).toBe(true)
})

test('it changes once a second, and ends at once with the connection', () => {
  let desk = EMPTY
  const rates = Array.from({ length: 9 }, (_, quarter) => {
    desk = after(desk, quarter * 250, { receivedPerSecond: 100 + quarter })
    return trafficOf(desk, KEY)
  })
  expect(rates).toEqual([100, 100, 100, 100, 104, 104, 104, 104, 108])
  expect(trafficOf(after(desk, 2001, {}, { state: { is: 'connecting' } }), KEY)).toBe(0)
})

test('many messages are counted in the last second', () => {
  const desk = after(EMPTY, 0, { receivedPerSecond: 500, sentPerSecond: 1 })
  expect(trafficOf(desk, KEY)).toBe(501)
  expect(trafficOf(desk, `${DESK}/chatz.sub`)).toBe(0)
})

test('after a burst, and without a connection, nothing is left of the rate', () => {
  const burst = after(after(EMPTY, 0, {}), 9000, { sent: 100_000 })
  expect(trafficOf(burst, KEY)).toBe(0)
  expect(trafficOf(after(EMPTY, 0, { receivedPerSecond: 5 }, { state: { is: 'connecting' } }), KEY)).toBe(0)
})

test('a socket that begins to count again has no rate below zero', () => {
  expect(trafficOf(after(after(EMPTY, 1000, { received: 50 }), 9000, { received: 2 }), KEY)).toBe(0)
})

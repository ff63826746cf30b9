import { expect, test } from 'vitest'
import { applyUpdate, EMPTY } from './desk'
import { socket, update } from './sample'
import { trafficOf } from './traffic'

/** Seconds of a socket that has one message every three seconds, and the rate at the end of each. */
function ratesOf(seconds: number): number[] {
  let desk = EMPTY
  return Array.from({ length: seconds }, (_, second) => {
    const received = Math.floor(second / 3)
    const receivedPerSecond = second % 3 === 0 && second > 0 ? 1 : 0
    const sockets = [socket('chatz.req', { received, receivedPerSecond })]
    desk = applyUpdate(desk, update({ timeMs: second * 1000, sockets }))
    return trafficOf(desk, 'chatz.req')
  })
}

test('a message every three seconds is a rate that does not blink', () => {
  const rates = ratesOf(30).slice(10)
  expect(rates.every((rate) => rate >= 0.3 && rate <= 0.4)).toBe(true)
})

test('it changes once a second, and ends at once with the connection', () => {
  let desk = EMPTY
  const rates = Array.from({ length: 9 }, (_, quarter) => {
    const sockets = [socket('tickz.sub', { receivedPerSecond: 100 + quarter })]
    desk = applyUpdate(desk, update({ timeMs: quarter * 250, sockets }))
    return trafficOf(desk, 'tickz.sub')
  })
  expect(rates).toEqual([100, 100, 100, 100, 104, 104, 104, 104, 108])
  const gone = [socket('tickz.sub', { state: { is: 'connecting' } })]
  expect(trafficOf(applyUpdate(desk, update({ timeMs: 2001, sockets: gone })), 'tickz.sub')).toBe(0)
})

test('many messages are counted in the last second', () => {
  const desk = applyUpdate(
    EMPTY,
    update({ sockets: [socket('tickz.sub', { receivedPerSecond: 500, sentPerSecond: 1 })] }),
  )
  expect(trafficOf(desk, 'tickz.sub')).toBe(501)
  expect(trafficOf(desk, 'chatz.sub')).toBe(0)
})

test('after a burst, and without a connection, nothing is left of the rate', () => {
  const before = applyUpdate(EMPTY, update({ timeMs: 0, sockets: [socket('valuz.push', { sent: 0 })] }))
  const burst = applyUpdate(before, update({ timeMs: 9000, sockets: [socket('valuz.push', { sent: 100_000 })] }))
  expect(trafficOf(burst, 'valuz.push')).toBe(0)
  const gone = socket('chatz.req', { state: { is: 'connecting' }, receivedPerSecond: 5 })
  expect(trafficOf(applyUpdate(EMPTY, update({ sockets: [gone] })), 'chatz.req')).toBe(0)
})

test('after a reset the old counts are forgotten', () => {
  const before = applyUpdate(EMPTY, update({ sockets: [socket('chatz.req', { received: 50 })] }))
  const after = applyUpdate(before, update({ timeMs: 9000, sockets: [socket('chatz.req', { received: 2 })] }))
  expect(trafficOf(after, 'chatz.req')).toBe(0)
})

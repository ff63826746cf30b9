import { expect, test } from 'vitest'
import { applyUpdate, type Desk, EMPTY, isQuiet, LINES_MAX, POINTS_MAX, RATES_MAX } from './desk'
import { EVENT, point, socket, tickz, update } from './sample'

function fold(updates: Parameters<typeof applyUpdate>[1][], from: Desk = EMPTY): Desk {
  return updates.reduce(applyUpdate, from)
}

test('a snapshot forgets everything before', () => {
  const before = fold([update({ tickz: tickz('IBM'), points: [point('IBM', 1)], sockets: [socket('tickz.sub')] })])
  const after = applyUpdate(before, update({ snapshot: true, timeMs: 5 }))
  expect(after.tickz.quotes).toEqual([])
  expect(after.points).toEqual({})
  expect(after.sockets).toEqual([])
})

test('an event that comes again under its id has counted on, and moves nothing', () => {
  const line = { ...EVENT, id: 1 }
  const before = fold([update({ events: [{ ...EVENT, id: 0 }, line] })])
  const after = applyUpdate(
    before,
    update({
      events: [
        { ...line, count: 17 },
        { ...EVENT, id: 2 },
      ],
    }),
  )
  expect(after.events.map(({ id, count }) => [id, count])).toEqual([
    [0, 1],
    [1, 17],
    [2, 1],
  ])
})

test('what only counts on is quiet; a message, another state or another event is not', () => {
  const retrying = socket('tickz.sub', { state: { is: 'retrying', inMs: 100 }, attempts: 3 })
  const desk = fold([update({ sockets: [retrying], events: [EVENT] })])
  const connecting = { ...retrying, state: { is: 'connecting' as const }, attempts: 4 }
  expect(isQuiet(desk, update({ sockets: [connecting], events: [{ ...EVENT, count: 2 }] }))).toBe(true)
  expect(isQuiet(desk, update())).toBe(true)
  expect(isQuiet(desk, update({ events: [{ ...EVENT, id: 1 }] }))).toBe(false)
  expect(isQuiet(desk, update({ sockets: [{ ...retrying, received: 1 }] }))).toBe(false)
  expect(isQuiet(desk, update({ sockets: [{ ...retrying, state: { is: 'up' } }] }))).toBe(false)
  expect(isQuiet(desk, update({ tickz: tickz('IBM') }))).toBe(false)
})

test('phases and dropped events are kept', () => {
  const change = { socket: 'tickz.sub', timeMs: 1, phase: 'up' } as const
  const desk = fold([update({ states: [change], droppedEvents: 3 }), update()])
  expect([desk.states, desk.droppedEvents]).toEqual([[change], 3])
})

test('what an update does not carry stays the same object', () => {
  const before = fold([update({ tickz: tickz('IBM'), points: [point('IBM', 1)], sockets: [socket('tickz.sub')] })])
  const after = applyUpdate(before, update({ timeMs: 1001 }))
  expect(after.sockets).toBe(before.sockets)
  expect(after.tickz).toBe(before.tickz)
  expect(after.points).toBe(before.points)
  expect(after.lines).toBe(before.lines)
})

test('points go to their symbol, and a symbol that got none stays the same object', () => {
  const before = fold([update({ tickz: tickz('IBM', 'AAPL'), points: [point('IBM', 1), point('AAPL', 1)] })])
  const after = applyUpdate(before, update({ points: [point('IBM', 2), point('IBM', 3)] }))
  expect(after.points['IBM']?.map(({ timeMs }) => timeMs)).toEqual([1, 2, 3])
  expect(after.points['AAPL']).toBe(before.points['AAPL'])
})

test('the points of a forgotten symbol go', () => {
  const before = fold([update({ tickz: tickz('IBM', 'AAPL'), points: [point('IBM', 1), point('AAPL', 1)] })])
  expect(Object.keys(applyUpdate(before, update({ tickz: tickz('AAPL') })).points)).toEqual(['AAPL'])
})

test('a socket that stays as it was is the same object', () => {
  const ticks = (received: number) => [socket('chatz.req', { received: 1 }), socket('tickz.sub', { received })]
  const before = fold([update({ sockets: ticks(1) })])
  const after = applyUpdate(before, update({ sockets: ticks(2) }))
  expect(after.sockets[0]).toBe(before.sockets[0])
  expect(after.sockets[1]?.received).toBe(2)
})

test('no list grows beyond its bound', () => {
  let desk = fold([update({ tickz: tickz('IBM'), sockets: [socket('tickz.sub')] })])
  for (let step = 0; step < 2 * POINTS_MAX; step += 100) {
    const points = Array.from({ length: 100 }, (_, index) => point('IBM', step + index))
    const lines = points.map(({ timeMs }) => ({ id: timeMs, timeMs, kind: 'note' as const, user: '', text: '' }))
    desk = applyUpdate(desk, update({ timeMs: 1000 + step * 100, points, lines }))
  }
  for (let second = 0; second < RATES_MAX * 2; second += 1) {
    desk = applyUpdate(desk, update({ timeMs: 10_000_000 + second * 1000 }))
  }
  expect(desk.points['IBM']).toHaveLength(POINTS_MAX)
  expect(desk.points['IBM']?.at(-1)?.timeMs).toBe(2 * POINTS_MAX - 1)
  expect(desk.lines).toHaveLength(LINES_MAX)
  expect(desk.rates).toHaveLength(RATES_MAX)
})

test('rates are taken twice a second, however often updates come', () => {
  const first = update({ timeMs: 0, sockets: [socket('tickz.sub', { receivedPerSecond: 500 })] })
  const others = Array.from({ length: 30 }, (_, index) => update({ timeMs: (index + 1) * 33 }))
  const desk = fold([first, ...others])
  expect(desk.rates.map(({ perSecond }) => perSecond)).toEqual([500, 500, 500])
  const later = applyUpdate(desk, { ...first, timeMs: 2000, snapshot: true })
  expect(later.rates.map(({ timeMs }) => timeMs)).toEqual([0, 462, 924, 2000])
  const back = applyUpdate(later, { ...first, timeMs: 100, snapshot: true })
  expect(back.rates.map(({ timeMs }) => timeMs)).toEqual([0])
})

import { expect, test } from 'vitest'
import { applyUpdate, type Desk, EMPTY, LINES_MAX, POINTS_MAX, RATES_MAX, STATES_MAX } from './desk'
import { processPulses, rowPulses, socketPulses } from './highlight'
import { NO_SCENES } from './stage'
import { cast, counts, DESK, EVENT, own, point, process, socket, tickz, update } from './sample'

function fold(updates: Parameters<typeof applyUpdate>[1][], from: Desk = EMPTY): Desk {
  return updates.reduce(applyUpdate, from)
}

test('a snapshot forgets everything before', () => {
  const before = fold([update({ tickz: tickz('IBM'), points: [point('IBM', 1)], cast: own(socket('tickz.sub')) })])
  const after = applyUpdate(before, update({ snapshot: true, timeMs: 5 }))
  expect(after.tickz.quotes).toEqual([])
  expect(after.points).toEqual({})
  expect(after.cast.processes).toEqual([])
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

const change = (timeMs: number) => ({ socket: `${DESK}/tickz.sub`, timeMs, phase: 'up' as const })

test('the phases of a socket are kept, and go with it', () => {
  const desk = fold([update({ cast: own(socket('tickz.sub')), states: [change(1)] }), update({ states: [change(2)] })])
  expect(desk.states.get(`${DESK}/tickz.sub`)).toEqual([change(1), change(2)])
  expect(applyUpdate(desk, update()).states).toBe(desk.states)
  expect(applyUpdate(desk, update({ cast: own() })).states.size).toBe(0)
  expect(applyUpdate(desk, update({ states: [{ ...change(3), socket: 'not/there' }] })).states.size).toBe(1)
})

test('counts come for some processes, and go with theirs', () => {
  const both = cast([process('a', []), process('b', [])])
  const before = fold([update({ cast: both, counts: [counts('a', { sent: 1 }), counts('b', { sent: 1 })] })])
  const after = applyUpdate(before, update({ counts: [counts('b', { sent: 2 })] }))
  expect(after.counts.get('a')).toBe(before.counts.get('a'))
  expect(after.counts.get('b')?.sockets[0]?.sent).toBe(2)
  const gone = applyUpdate(after, update({ cast: cast([process('b', [])]), counts: [counts('a', {})] }))
  expect([...gone.counts.keys()]).toEqual(['b'])
})

test('what an update does not carry stays the same object', () => {
  const before = fold([update({ tickz: tickz('IBM'), points: [point('IBM', 1)], cast: own(socket('tickz.sub')) })])
  const after = applyUpdate(before, update({ timeMs: 1001 }))
  expect(after.cast).toBe(before.cast)
  expect(after.counts).toBe(before.counts)
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

test('a process that stays as it was is the same object, and so is a socket', () => {
  const with_ = (peers: number) =>
    cast([process('a', [socket('x.sub')]), process(DESK, [socket('chatz.req'), socket('tickz.sub', { peers })])])
  const before = fold([update({ cast: with_(1) })])
  const after = applyUpdate(before, update({ cast: with_(2) }))
  expect(after.cast.processes[0]).toBe(before.cast.processes[0])
  expect(after.cast.processes[1]?.sockets[0]).toBe(before.cast.processes[1]?.sockets[0])
  expect(after.cast.processes[1]?.sockets[1]?.peers).toBe(2)
})

test('no list grows beyond its bound', () => {
  let desk = fold([update({ tickz: tickz('IBM'), cast: own(socket('tickz.sub')) })])
  for (let step = 0; step < 2 * POINTS_MAX; step += 100) {
    const points = Array.from({ length: 100 }, (_, index) => point('IBM', step + index))
    const lines = points.map(({ timeMs }) => ({ id: timeMs, timeMs, kind: 'note' as const, user: '', text: '' }))
    desk = applyUpdate(desk, update({ timeMs: 1000 + step * 100, points, lines }))
  }
  for (let second = 0; second < RATES_MAX * 2; second += 1) {
    desk = applyUpdate(desk, update({ timeMs: 10_000_000 + second * 1000 }))
  }
  const states = Array.from({ length: 2 * STATES_MAX }, (_, at) => change(at))
  desk = applyUpdate(desk, update({ timeMs: desk.timeMs, states }))
  expect(desk.states.get(`${DESK}/tickz.sub`)).toHaveLength(STATES_MAX)
  expect(desk.points['IBM']).toHaveLength(POINTS_MAX)
  expect(desk.points['IBM']?.at(-1)?.timeMs).toBe(2 * POINTS_MAX - 1)
  expect(desk.lines).toHaveLength(LINES_MAX)
  expect(desk.rates).toHaveLength(RATES_MAX)
})

test('rates are taken twice a second, however often updates come', () => {
  const first = update({
    timeMs: 0,
    cast: own(socket('tickz.sub')),
    counts: [counts(DESK, { receivedPerSecond: 500 })],
  })
  const others = Array.from({ length: 30 }, (_, index) => update({ timeMs: (index + 1) * 33 }))
  const desk = fold([first, ...others])
  expect(desk.rates.map(({ perSecond }) => perSecond)).toEqual([500, 500, 500])
  const later = applyUpdate(desk, { ...first, timeMs: 2000, snapshot: true })
  expect(later.rates.map(({ timeMs }) => timeMs)).toEqual([0, 462, 924, 2000])
  const back = applyUpdate(later, { ...first, timeMs: 100, snapshot: true })
  expect(back.rates.map(({ timeMs }) => timeMs)).toEqual([0])
})

test('a page that joins while a scene of the talk is open begins with the stage, and one that is there stays', () => {
  const open = { name: 'proxy', title: 'A proxy', idea: '', cues: [] }
  const talk = update({ snapshot: true, scenes: { ...NO_SCENES, open, startedMs: 1 } })
  expect(applyUpdate(EMPTY, talk).chosenView).toEqual({ name: 'stage' })
  expect(applyUpdate(applyUpdate(EMPTY, update()), talk).chosenView).toBeNull()
  const demo = update({ snapshot: true, scenes: { ...NO_SCENES, open, startedMs: null } })
  expect(applyUpdate(EMPTY, demo).chosenView).toBeNull()
})

test('a chosen view is another object each time, and a snapshot does not undo it; a highlight is what is set', () => {
  const first = applyUpdate(EMPTY, update({ view: 'wire' }))
  expect(applyUpdate(first, update()).chosenView).toBe(first.chosenView)
  const again = applyUpdate(first, update({ view: 'wire' }))
  expect(again.chosenView).toEqual({ name: 'wire' })
  expect(again.chosenView).not.toBe(first.chosenView)
  expect(applyUpdate(again, update({ snapshot: true })).chosenView).toBe(again.chosenView)

  const highlight = { processes: ['a'], sockets: ['b/c'] }
  const lit = applyUpdate(EMPTY, update({ highlight }))
  expect(applyUpdate(lit, update()).highlight).toBe(highlight)
  expect(processPulses(lit.highlight, [{ id: 'x' }, { id: 'a' }])).toBe(true)
  expect(socketPulses(lit.highlight, [{ key: 'a/c' }])).toBe(false)
  expect(rowPulses(lit.highlight, [{ key: 'a/c' }])).toBe(true)
  expect(applyUpdate(lit, update({ snapshot: true })).highlight).toEqual(EMPTY.highlight)
})

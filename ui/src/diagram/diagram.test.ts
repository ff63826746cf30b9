import { describe, expect, test } from 'vitest'
import { socket, worker } from '../state/sample'
import { BOUND, CONNECTED, layout } from './layout'
import { lookOf, workerLook } from './look'
import { type Box, lengthOf, middleOf, pointAt, roundPath, shares, wrap } from './path'
import { counted, Pace, roundRobin, pulsesBetween } from './pulses'
import { heardOf, noteOf } from './words'

const SIZES = [
  [704, 430, 14],
  [704, 430, 16],
  [1060, 760, 17.5],
  [300, 200, 14],
] as const

function inside(inner: Box, outer: Box): boolean {
  return (
    inner.x >= outer.x - 0.5 &&
    inner.y >= outer.y - 0.5 &&
    inner.x + inner.width <= outer.x + outer.width + 0.5 &&
    inner.y + inner.height <= outer.y + outer.height + 0.5
  )
}

describe.each(SIZES)('the layout in %i x %i with type of %i', (width, height, em) => {
  test.each([0, 1, 2, 3, 4, 8, 16])('keeps everything inside, with %i workers', (count) => {
    const drawn = layout(width, height, em, count)
    const all = { x: 0, y: 0, width: drawn.width, height: drawn.height }
    for (const box of [drawn.chatz, drawn.tickz, drawn.dealz, ...drawn.workers.map(({ box }) => box)]) {
      expect(inside(box, all)).toBe(true)
    }
    for (const id of [...CONNECTED, ...BOUND]) expect(inside(drawn.own[id], drawn.dealz)).toBe(true)
    expect(inside(drawn.monitors, drawn.dealz)).toBe(true)
    expect(drawn.workers).toHaveLength(count)
  })

  test('lines to services are level and end at the sockets', () => {
    const { lines, own } = layout(width, height, em, 2)
    for (const id of CONNECTED) {
      const [from, to] = lines[id]
      expect(from?.y).toBe(to?.y)
      expect(to?.x).toBe(own[id].x)
    }
  })

  test('routes to workers turn at right angles and end at their sockets', () => {
    for (const place of layout(width, height, em, 3).workers) {
      for (const id of BOUND) {
        const route = place.routes[id]
        route.slice(1).forEach((point, index) => {
          const before = route[index]
          expect(point.x === before?.x || point.y === before?.y).toBe(true)
        })
        expect(route.at(-1)?.x).toBe(place.ports[id].x)
      }
    }
  })
})

test('one more worker moves nothing left of the workers', () => {
  const [two, three] = [2, 3].map((count) => layout(704, 430, 14, count))
  for (const id of CONNECTED) expect(two?.own[id]).toEqual(three?.own[id])
  expect(two?.dealz).toEqual(three?.dealz)
})

test('workers do not overlap', () => {
  for (const count of [3, 4, 16]) {
    const { workers } = layout(704, 430, 14, count)
    workers.slice(1).forEach(({ box }, index) => {
      const above = workers[index]?.box
      expect(box.y).toBeGreaterThanOrEqual((above?.y ?? 0) + (above?.height ?? 0))
    })
  }
})

test('every worker keeps its sockets by name up to eight, and its ports beyond', () => {
  const forms = [1, 2, 3, 4, 6, 8, 9, 16].map((count) => layout(704, 444, 14, count).form)
  expect(forms).toEqual(['roomy', 'roomy', 'roomy', 'snug', 'snug', 'snug', 'line', 'line'])
  for (const count of [4, 8, 16]) {
    for (const { box, ports } of layout(704, 444, 14, count).workers) {
      for (const id of BOUND) {
        expect(inside(ports[id], box)).toBe(true)
        expect(ports[id].height).toBeGreaterThan(count > 8 ? 3 : 13)
      }
    }
  }
})

test('no trunk runs into a branch of another rail', () => {
  for (const count of [1, 3, 4, 5, 6, 8]) {
    const { trunks, workers } = layout(704, 444, 14, count)
    BOUND.forEach((id, index) => {
      for (const other of BOUND.slice(index + 1)) {
        for (const { branches } of workers) {
          expect(Math.abs((trunks[id][0]?.y ?? 0) - (branches[other][0]?.y ?? 0))).toBeGreaterThan(6)
        }
      }
    })
  }
})

test('there is room for the legend, also in large type', () => {
  for (const em of [14, 16, 17.5]) expect(layout(704, 430, em, 2).legend.height).toBeGreaterThanOrEqual(4.5 * em)
})

test('paths have round corners, a length, and a middle', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 30, y: 0 },
    { x: 30, y: 10 },
  ]
  expect(roundPath(points, 8)).toBe('M0 0L25 0Q30 0 30 5L30 10')
  expect(roundPath([], 8)).toBe('')
  expect(lengthOf(points)).toBe(40)
  expect(shares(points)).toEqual([0, 0.75, 1])
  expect([0, 0.375, 0.75, 1].map((share) => pointAt(points, share))).toEqual([
    { x: 0, y: 0 },
    { x: 15, y: 0 },
    { x: 30, y: 0 },
    { x: 30, y: 10 },
  ])
  expect(pointAt([], 0.5)).toEqual({ x: 0, y: 0 })
  expect(middleOf(points)).toEqual({ x: 15, y: 0, upright: false })
})

test('text is wrapped, and cut if it is too long', () => {
  expect(wrap('the server does not know our key', 16, 3)).toEqual(['the server does', 'not know our key'])
  expect(wrap('one two three four', 5, 2)).toEqual(['one', 'two…'])
  expect(wrap('incomprehensibilities', 8, 2)).toEqual(['incompr…'])
})

test('every state has its own look', () => {
  const states = ['up', 'connecting', 'handshaking', 'listening'] as const
  const looks = states.map((is) => lookOf(socket('tickz.sub', { state: { is } })))
  const others = [
    lookOf(socket('tickz.sub', { state: { is: 'retrying', inMs: 1 } })),
    lookOf(socket('tickz.sub', { state: { is: 'refused', reason: '' } })),
    lookOf(socket('tickz.sub', { state: { is: 'stale', reason: '' } })),
  ]
  expect(new Set([...looks, ...others]).size).toBe(7)
  expect(lookOf(undefined)).toBe('faint')
  expect(workerLook('suspended')).toBe('hollow')
})

test('notes say since when a service is gone, and give reasons', () => {
  const gone = { downSinceMs: new Date(2026, 10, 21, 23, 31, 46).getTime(), attempts: 17 }
  const retrying = socket('chatz.req', { state: { is: 'retrying', inMs: 400 }, ...gone })
  expect(noteOf(retrying, 0, 20, 3)).toEqual(['gone since 23:31:46', 'tried 17 times'])
  expect(noteOf(retrying, 0, 15, 3)).toEqual(['gone since', '23:31:46', 'tried 17 times'])
  expect(noteOf(socket('chatz.req', { warning: 'Too many open files.' }), 0, 17, 3)).toEqual([
    'Too many open',
    'files.',
  ])
  const refused = socket('chatz.req', { state: { is: 'refused', reason: 'Wrong key.' } })
  expect(noteOf(refused, 0, 17, 3)).toEqual(['refused: Wrong', 'key.'])
  expect(noteOf(socket('chatz.req'), 0, 17, 3)).toEqual([])
  expect(heardOf('tickz.sub', socket('tickz.sub'), 0, 500)).toBe('tickz SUB to tcp://127.0.0.1:9003: up, 500/s')
})

describe('pulses', () => {
  test('show what was counted since the count before, one per line and direction', () => {
    const before = counted([socket('chatz.req', { sent: 1, received: 1 }), socket('tickz.sub', { received: 5 })], [])
    const after = counted([socket('chatz.req', { sent: 2, received: 1 }), socket('tickz.sub', { received: 999 })], [])
    expect(pulsesBetween(before, after)).toEqual([
      { socket: 'chatz.req', worker: null, inward: false, messages: 1 },
      { socket: 'tickz.sub', worker: null, inward: true, messages: 994 },
    ])
  })

  test('run to the workers that did something', () => {
    const before = counted([socket('valuz.pub', { sent: 1 })], [worker(1, 10), worker(2, 10)])
    const after = counted([socket('valuz.pub', { sent: 1 })], [worker(1, 10), worker(2, 30), worker(3, 30)])
    expect(pulsesBetween(before, after)).toEqual([
      { socket: 'valuz.push', worker: 1, inward: false, messages: 20 },
      { socket: 'valuz.pull', worker: 1, inward: true, messages: 20 },
    ])
  })

  test('on a line that workers share, are round-robin', () => {
    const push = (worker: number) => ({ socket: 'valuz.push', worker, inward: false, messages: 1 }) as const
    const pub = (worker: number) => ({ socket: 'valuz.pub', worker, inward: false, messages: 1 }) as const
    const pulses = [push(0), push(1), pub(0), pub(1)]
    expect(roundRobin(pulses, 0)).toEqual([pub(0), pub(1), push(0)])
    expect(roundRobin(pulses, 3)).toEqual([pub(0), pub(1), push(1)])
  })

  test('come once a second on a line with few messages, each time on a busy one, and for each message alone', () => {
    const shown = (messages: number, everyMs: number, times: number) => {
      const pace = new Pace()
      const pulse = { socket: 'tickz.sub', worker: null, inward: true, messages } as const
      return Array.from({ length: times }, (_, time) => pace.admits(pulse, time * everyMs)).filter((is) => is).length
    }
    // Forty seconds of five prices four times a second: the first come one after the other.
    expect(shown(5, 250, 160)).toBe(42)
    expect(shown(60, 100, 100)).toBe(100)
    expect(shown(1, 100, 3)).toBe(3)
    expect(shown(1, 2000, 20)).toBe(20)
  })

  test('there are none after a reset', () => {
    const before = counted([socket('tickz.sub', { received: 50 })], [])
    expect(pulsesBetween(before, counted([socket('tickz.sub', { received: 3 })], []))).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import type { Mark } from '../generated/Mark'
import type { MonitorLine } from '../generated/MonitorLine'
import type { Phase } from '../generated/Phase'
import {
  barsOf,
  bySocket,
  countNewer,
  filtered,
  headline,
  HEADLINE_MS,
  laneX,
  marksOf,
  rawWords,
  slide,
  stripX,
  ticksOf,
} from './lanes'

function event(id: number, timeMs: number, mark: Mark = 'up', socket = 'de5c/tickz.sub'): MonitorLine {
  return {
    id,
    timeMs,
    socket,
    name: `dealz ${socket}`,
    event: 'DISCONNECTED',
    number: 0x0200,
    value: 31,
    endpoint: 'tcp://127.0.0.1:9003',
    mark,
    sentence: 'tickz SUB lost tcp://127.0.0.1:9003.',
    lastMs: timeMs,
    count: 1,
    isMajor: mark === 'down',
  }
}

const scale = { baseMs: 1_000_000, spanMs: 30_000, width: 600 }

describe('a time on a lane', () => {
  it('is at the right edge now, and at the left edge a span ago', () => {
    expect(laneX(2_000_000, 2_000_000, scale)).toBe(600)
    expect(laneX(1_970_000, 2_000_000, scale)).toBe(0)
    expect(laneX(1_985_000, 2_000_000, scale)).toBe(300)
  })

  it('is out of sight before and after', () => {
    expect(laneX(1_969_999, 2_000_000, scale)).toBeNull()
    expect(laneX(2_000_001, 2_000_000, scale)).toBeNull()
  })

  it('keeps its place on the strip, which slides', () => {
    const x = stripX(1_999_000, scale)
    expect(x + slide(2_000_000, scale)).toBe(580)
    expect(x + slide(2_010_000, scale)).toBe(380)
  })
})

describe('marks', () => {
  it('are those of their socket that are in sight', () => {
    const events = [
      event(0, 900),
      event(1, 1_010_000),
      event(2, 1_020_000, 'up', 'de5c/chatz.req'),
      event(3, 1_029_000),
    ]
    const ticks = bySocket(events).get('de5c/tickz.sub') ?? []
    expect(marksOf(ticks, 1_000_000, scale).map(({ line }) => line.id)).toEqual([1, 3])
  })

  it('are drawn once if equal ones are in one place', () => {
    const events = [event(0, 1_010_000), event(1, 1_010_010), event(2, 1_010_020, 'down'), event(3, 1_010_030)]
    expect(marksOf(events, 0, scale).map(({ line }) => line.id)).toEqual([2, 3])
  })

  it('are bounded by the width, whatever comes', () => {
    const events = Array.from({ length: 1000 }, (_, id) => event(id, 1_000_000 + id * 30))
    expect(marksOf(events, 0, scale).length).toBeLessThanOrEqual(151)
  })
})

describe('bars', () => {
  const change = (timeMs: number, phase: Phase) => ({ timeMs, phase, socket: 'de5c/tickz.sub' })
  const states = [change(1_000_000, 'up'), change(1_010_000, 'retrying'), change(1_020_000, 'up')]

  it('last until the next change, and the last one until now', () => {
    const bars = barsOf(states, 1_000_000, 1_030_000, scale)
    expect(bars.map(({ phase, x, width }) => [phase, x, width])).toEqual([
      ['up', 0, 200],
      ['retrying', 200, 200],
      ['up', 400, 200],
    ])
  })

  it('are cut at the left edge, and none is drawn beyond it', () => {
    const bars = barsOf(states, 1_015_000, 1_030_000, scale)
    expect(bars.map(({ phase, x }) => [phase, x])).toEqual([
      ['retrying', 300],
      ['up', 400],
    ])
  })
})

it('an event of consequence stays the headline for five seconds though others follow', () => {
  const events = [event(0, 1000, 'down'), event(1, 1500, 'progress'), event(2, 2000, 'progress')]
  expect(headline(events, 2000)?.id).toBe(0)
  expect(headline(events, 1000 + HEADLINE_MS)?.id).toBe(2)
  expect(headline([], 0)).toBeUndefined()
})

it('the time line is labelled from its start to now', () => {
  expect(ticksOf(30_000).map(({ words }) => words)).toEqual(['−30 s', '−20 s', '−10 s', 'now'])
  expect(ticksOf(120_000).map(({ words }) => words)).toEqual(['−2 min', '−90 s', '−1 min', '−30 s', 'now'])
  expect(ticksOf(600_000).map(({ words }) => words)).toHaveLength(6)
})

it('the raw event has its name, number and value, and how often it came', () => {
  expect(rawWords({ ...event(0, 0), count: 17 })).toMatch(/value=31 ×17, until \d\d:\d\d:\d\d$/)
  expect(rawWords(event(0, 0))).toBe('ZMQ_EVENT_DISCONNECTED 0x0200 value=31')
})

it('the code of a broken protocol is written as the documents write it', () => {
  const failed = { ...event(0, 0), event: 'HANDSHAKE_FAILED_PROTOCOL', number: 0x2000, value: 0x11000001 }
  expect(rawWords(failed)).toBe('ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL 0x2000 value=0x11000001')
})

describe('a filter', () => {
  const events = [event(0, 0), event(1, 0, 'up', 'de5c/chatz.req')]
  it('lets all through when it is empty', () => {
    expect(filtered(events, null, ' ')).toBe(events)
  })
  it('looks at the sockets, the sentence and the raw event', () => {
    expect(filtered(events, new Set(['de5c/chatz.req']), '').map(({ id }) => id)).toEqual([1])
    expect(filtered(events, null, 'LOST')).toHaveLength(2)
    expect(filtered(events, null, '0x0200')).toHaveLength(2)
    expect(filtered(events, null, 'handshake')).toEqual([])
  })
})

it('events that came while the log was paused are counted', () => {
  const events = [event(3, 0), event(4, 0), event(5, 0)]
  expect(countNewer(events, [event(3, 0)])).toBe(2)
  expect(countNewer(events, [])).toBe(3)
  expect(countNewer(events, events)).toBe(0)
})

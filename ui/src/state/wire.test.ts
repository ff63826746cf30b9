import { describe, expect, it } from 'vitest'
import type { MessageView } from '../generated/MessageView'
import {
  bytesOf,
  fieldsOf,
  hexLines,
  lookedAt,
  placeBrief,
  placeWords,
  skippedBetween,
  stepped,
  summary,
  wordsOf,
} from './wire'

/** Ada says "hi", with her roster version: two fields in one frame, a byte between them that is neither's. */
const SAY: MessageView = {
  id: 7,
  timeMs: 0,
  direction: 'sent',
  name: 'say',
  page: 'chatz',
  section: 'request',
  frames: [
    { hex: '6164611f6869', byteCount: 6 },
    { hex: '0100000000000000', byteCount: 8 },
  ],
  frameCount: 2,
  byteCount: 14,
  fields: [
    { name: 'user', value: 'ada', frame: 0, start: 0, byteCount: 3 },
    { name: 'text', value: 'hi', frame: 0, start: 4, byteCount: 2 },
    { name: 'roster_version', value: '1', frame: 1, start: 0, byteCount: 8 },
  ],
  fault: null,
}

const numbered = (id: number): MessageView => ({ ...SAY, id })

describe('hex', () => {
  it('is cut where the field changes', () => {
    expect(hexLines(SAY, 0)).toEqual([
      {
        start: 0,
        runs: [
          { field: 0, hex: '61 64 61', text: 'ada', byteCount: 3 },
          { field: null, hex: '1f', text: '·', byteCount: 1 },
          { field: 1, hex: '68 69', text: 'hi', byteCount: 2 },
        ],
      },
    ])
  })

  it('continues in the next line, within the same field', () => {
    const long: MessageView = {
      ...SAY,
      frames: [{ hex: '41'.repeat(20), byteCount: 20 }],
      fields: [{ name: 'worker', value: '', frame: 0, start: 6, byteCount: 14 }],
    }
    const lines = hexLines(long, 0)
    expect(lines.map(({ start }) => start)).toEqual([0, 8, 16])
    expect(lines.map(({ runs }) => runs.map(({ field, byteCount }) => [field, byteCount]))).toEqual([
      [
        [null, 6],
        [0, 2],
      ],
      [[0, 8]],
      [[0, 4]],
    ])
  })

  it('of an empty frame, or of none, is no line', () => {
    expect(hexLines({ ...SAY, frames: [{ hex: '', byteCount: 0 }] }, 0)).toEqual([])
    expect(hexLines(SAY, 9)).toEqual([])
  })

  it('shows only bytes that look the same everywhere', () => {
    const odd: MessageView = { ...SAY, frames: [{ hex: '201b7e7fd0', byteCount: 5 }], fields: [] }
    expect(hexLines(odd, 0)[0]?.runs[0]?.text).toBe(' ·~··')
  })
})

describe('fields', () => {
  it('own their bytes, and no byte beyond those that are kept', () => {
    expect(fieldsOf(SAY.fields, 0, 6)).toEqual([0, 0, 0, null, 1, 1])
    expect(fieldsOf([{ name: 'numbers', value: '', frame: 0, start: 0, byteCount: 65_536 }], 0, 3)).toEqual([0, 0, 0])
    expect(fieldsOf([{ name: 'x', value: '', frame: 0, start: 9, byteCount: 2 }], 0, 3)).toEqual([null, null, null])
  })

  it('say where they are, counting frames as the documents do', () => {
    expect(SAY.fields.map(placeWords)).toEqual([
      'frame 1, bytes 0 to 2',
      'frame 1, bytes 4 to 5',
      'frame 2, bytes 0 to 7',
    ])
    expect(SAY.fields.map(placeBrief)).toEqual(['1: 0–2', '1: 4–5', '2: 0–7'])
    expect(placeWords({ name: 'command', value: '', frame: 0, start: 0, byteCount: 1 })).toBe('frame 1, byte 0')
  })

  it('make a line', () => {
    expect(summary(SAY)).toBe('user ada · text hi · roster_version 1')
    const timed = SAY.fields.slice(0, 1).map((field) => ({ ...field, name: 'at', value: '10:00 (36000 s)' }))
    expect(summary({ ...SAY, fields: timed })).toBe('at 10:00')
  })
})

it('bytes that make no sense are left out', () => {
  expect(bytesOf({ hex: '41zz4', byteCount: 2 })).toEqual([0x41])
})

it('messages that are not kept are counted', () => {
  expect(skippedBetween(numbered(4), numbered(9))).toBe(4)
  expect(skippedBetween(undefined, numbered(9))).toBe(0)
})

describe('a pinned message', () => {
  const ring = [numbered(10), numbered(11), numbered(12)]
  it('stays though it leaves the ring', () => {
    expect(lookedAt(ring, numbered(3))?.id).toBe(3)
    expect(lookedAt(ring, null)?.id).toBe(12)
    expect(lookedAt([], null)).toBeNull()
  })

  it('is left for its neighbours', () => {
    expect(stepped(ring, numbered(11), 1)?.id).toBe(12)
    expect(stepped(ring, numbered(11), -1)?.id).toBe(10)
    expect(stepped(ring, numbered(10), -1)?.id).toBe(10)
    expect(stepped(ring, numbered(3), 1)?.id).toBe(10)
    expect(stepped(ring, null, 1)?.id).toBe(12)
    expect(stepped([], numbered(3), 1)).toBeNull()
  })
})

describe('a message in one line', () => {
  it('is its fields, or its first bytes, or says that they are withheld', () => {
    expect(wordsOf(SAY)).toBe(summary(SAY))
    expect(wordsOf({ ...SAY, fields: [] })).toMatch(/^61 64 61/)
    expect(wordsOf({ ...SAY, frames: [] })).toBe('bytes withheld')
    expect(wordsOf({ ...SAY, frames: [], frameCount: 0, fields: [] })).toBe('')
  })
})

it('a point in time is short in one line', () => {
  const [field] = SAY.fields
  const short = (value: string) => summary({ ...SAY, fields: field ? [{ ...field, name: 'timestamp', value }] : [] })
  expect(short('2026-11-21 10:00:12.110 UTC (1.7e9 s)')).toBe('timestamp 10:00:12')
  expect(short('2026-11-21T10:00:12.110Z')).toBe('timestamp 10:00:12')
  expect(short('2005-04-01T00:00:00.000Z')).toBe('timestamp 2005-04-01')
})

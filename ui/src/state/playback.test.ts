import { describe, expect, it } from 'vitest'
import type { MessageView } from '../generated/MessageView'
import type { Update } from '../generated/Update'
import { applyUpdate, type Desk, EMPTY } from './desk'
import { cueTime, messagesAt, MESSAGES_MAX, parseRecording, Playhead } from './playback'
import { update as sampleUpdate } from './sample'
import { NO_STAGE } from './stage'

const ACTOR = { name: 'late', isLink: false, pid: 7, life: 'running' } as const

function update(timeMs: number, snapshot: boolean, text: string[] = []): Update {
  const lines = text.map((text, index) => ({
    id: timeMs * 100 + index,
    timeMs,
    kind: 'message' as const,
    user: 'ada',
    text,
  }))
  return sampleUpdate({ timeMs, snapshot, lines })
}

function message(id: number, timeMs: number): MessageView {
  return {
    id,
    timeMs,
    direction: 'received',
    name: 'tick',
    page: 'tickz',
    section: 'tick',
    frames: [],
    frameCount: 0,
    byteCount: 0,
    fields: [],
    fault: null,
  }
}

const line = (update: Update) => JSON.stringify({ kind: 'update', update })
const wire = (messages: MessageView[]) => JSON.stringify({ kind: 'wire', socket: 'tickz.sub', messages })

/** Two snapshots, each of all that was said until then. */
const SESSION = [
  line(update(1000, true, ['a'])),
  line(update(1100, false, ['b'])),
  line(update(1200, false, ['c'])),
  line({
    ...update(2000, true),
    lines: ['a', 'b', 'c', 'd'].map((text, id) => ({ id, timeMs: 2000, kind: 'message', user: 'ada', text })),
  }),
  line(update(2100, false, ['e'])),
  line(update(2500, false, ['f'])),
].join('\n')

const fold = (desk: Desk, updates: readonly Update[]) => updates.reduce(applyUpdate, desk)
const said = (desk: Desk) => desk.lines.map(({ text }) => text).join('')

describe('a recording', () => {
  it('is read with its last line torn', () => {
    const recording = parseRecording(`${SESSION}\n${line(update(2600, false)).slice(0, 40)}`)
    expect(recording).toMatchObject({ startMs: 1000, endMs: 2500, torn: 1 })
    expect(recording.updates).toHaveLength(6)
  })

  it('is read though lines of it make no sense', () => {
    const recording = parseRecording(`null\n7\n{"kind":"update"}\n{"kind":"song"}\n\n${SESSION}`)
    expect(recording.torn).toBe(4)
    expect(recording.updates).toHaveLength(6)
  })

  it('begins with its first snapshot', () => {
    const recording = parseRecording(`${line(update(900, false, ['x']))}\n${SESSION}`)
    expect(recording.startMs).toBe(1000)
  })

  it('of an older version is known as one', () => {
    const recording = parseRecording('{"kind":"update","update":{"timeMs":1,"snapshot":true,"sockets":[]}}')
    expect(recording).toMatchObject({ old: true, torn: 0, updates: [] })
    expect(parseRecording(SESSION).old).toBe(false)
  })

  it('may be empty', () => {
    const head = new Playhead(parseRecording(''))
    expect(head.seek(5)).toEqual([])
    expect(head.advance(5)).toEqual([])
    expect(head.atEnd).toBe(true)
  })

  it('never steps back when the clock was set back', () => {
    const recording = parseRecording(
      [line(update(1000, true)), line(update(400, false)), line(update(1100, false))].join('\n'),
    )
    expect(recording.updates.map(({ atMs }) => atMs)).toEqual([1000, 1000, 1100])
  })
})

describe('a playhead', () => {
  it('shows each update once, at its time', () => {
    const head = new Playhead(parseRecording(SESSION))
    expect(said(fold(EMPTY, head.seek(1000)))).toBe('a')
    expect(head.advance(99)).toEqual([])
    expect(head.advance(1).map(({ timeMs }) => timeMs)).toEqual([1100])
    expect(head.advance(150).map(({ timeMs }) => timeMs)).toEqual([1200])
  })

  it('goes faster at a higher speed, and stops at the end', () => {
    const head = new Playhead(parseRecording(SESSION))
    head.seek(1000)
    head.speed = 16
    head.advance(10)
    expect(head.atMs).toBe(1160)
    head.advance(1000)
    expect(head.atMs).toBe(2500)
    expect(head.atEnd).toBe(true)
  })

  it('shows the same after seeking back and forth as after playing', () => {
    const played = new Playhead(parseRecording(SESSION))
    const sought = new Playhead(parseRecording(SESSION))
    let linear = fold(EMPTY, played.seek(1000))
    let jumped = fold(EMPTY, sought.seek(2500))
    for (let at = 1000; at <= 2500; at += 50) {
      if (at > 1000) linear = fold(linear, played.advance(50))
      jumped = fold(jumped, sought.seek(at % 100 === 0 ? 2500 : 1000))
      jumped = fold(jumped, sought.seek(at))
      expect(jumped, `at ${at}`).toEqual(linear)
    }
    expect(said(linear)).toBe('abcdef')
  })

  it('continues from the time that was sought', () => {
    const head = new Playhead(parseRecording(SESSION))
    const desk = fold(EMPTY, head.seek(2050))
    expect(said(fold(desk, head.advance(450)))).toBe('abcdef')
  })

  it('stays within the recording', () => {
    const head = new Playhead(parseRecording(SESSION))
    head.seek(-10)
    expect(head.atMs).toBe(1000)
    head.seek(1e12)
    expect(head.atMs).toBe(2500)
  })
})

describe('the cues of a scene', () => {
  const stage = (start: number, cue: number) => ({ ...NO_STAGE, start, cue, actors: [ACTOR] })
  const at = (timeMs: number, start: number, cue: number) =>
    line({ ...update(timeMs, false), stage: stage(start, cue) })
  const text = [
    line(update(1000, true)),
    at(2000, 1, 0),
    at(3000, 1, 0),
    at(9000, 1, 1),
    at(15000, 1, 2),
    line(update(20000, false)),
  ]
  const recording = parseRecording(text.join('\n'))

  it('begin when the stage shows another one', () => {
    expect(recording.cues).toEqual([2000, 9000, 15000])
    expect(parseRecording(SESSION).cues).toEqual([])
  })

  it('are gone through in both directions', () => {
    const forward = [1000, 2000, 9500, 15000, 20000].map((time) => cueTime(recording, time, 1))
    expect(forward).toEqual([2000, 9000, 15000, 20000, 20000])
    // As with a player of music: first to the beginning of what is shown.
    const back = [20000, 15500, 11500, 10000, 3000].map((time) => cueTime(recording, time, -1))
    expect(back).toEqual([15000, 9000, 9000, 2000, 1000])
  })
})

describe('the messages of a time', () => {
  it('are those until then, the last of them', () => {
    const recording = parseRecording(
      `${SESSION}\n${wire([message(1, 1000), message(2, 1100)])}\n${wire([message(3, 1200)])}`,
    )
    expect(messagesAt(recording, 'tickz.sub', 999)).toEqual([])
    expect(messagesAt(recording, 'tickz.sub', 1100).map(({ id }) => id)).toEqual([1, 2])
    expect(messagesAt(recording, 'valuz.pub', 9999)).toEqual([])
  })

  it('are never more than dealz keeps', () => {
    const many = Array.from({ length: MESSAGES_MAX + 50 }, (_, id) => message(id, 1000 + id))
    const last = messagesAt(parseRecording(wire(many)), 'tickz.sub', 9999)
    expect(last).toHaveLength(MESSAGES_MAX)
    expect(last.at(-1)?.id).toBe(MESSAGES_MAX + 49)
  })
})

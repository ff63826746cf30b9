import { describe, expect, test } from 'vitest'
import { Clock } from './clock'
import { DEFAULTS, nextTheme, parsePrefs, zoomed } from './prefs'
import { symbolFault, textFault, userFault } from './rules'
import { cast, DESK, own, process, socket } from './sample'
import { SERVICES } from './services'
import { goneWords, isUp, patternOf, stateWords, statusOf } from './status'

describe('status', () => {
  const up = (from: string, to: string, count = 1) => ({ from, to, phase: 'up' as const, count })

  test('counts each connection once, and is content with a bound socket without peers', () => {
    const all = own(socket('chatz.req'), socket('valuz.push', { state: { is: 'listening' } }))
    const lines = [up('a', 'b', 3), up('a', '?c'), { ...up('a', 'd'), phase: 'retrying' as const }]
    expect(statusOf({ ...all, lines }, SERVICES, 0)).toEqual({ ok: true, words: '4 connections up' })
    expect(statusOf({ ...all, lines: [up('a', 'b')] }, SERVICES, 0).words).toBe('1 connection up')
  })

  test('names the worst fault, that of the desk first', () => {
    const retrying = { state: { is: 'retrying', inMs: 400 }, sinceMs: 1000 } as const
    const refused = process('x', [socket('x.req', { state: { is: 'refused', reason: '' } })], { role: 'join' })
    const desk = (...sockets: ReturnType<typeof socket>[]) => process(DESK, sockets, { program: 'dealz' })
    const faulty = cast([
      refused,
      desk(socket('chatz.req', { state: { is: 'connecting' } }), socket('tickz.sub', retrying)),
    ])
    expect(statusOf(faulty, SERVICES, 1000)).toEqual({ ok: false, words: 'tickz SUB retrying · 0 connections up' })
    expect(statusOf(cast([refused, desk()]), SERVICES, 1000).words).toBe('x REQ refused · 0 connections up')
  })

  test('a service that is not used is not missed', () => {
    const retrying = own(socket('tickz.sub', { state: { is: 'retrying', inMs: 400 } }))
    expect(statusOf(retrying, ['chatz'], 0).ok).toBe(true)
  })

  test('names a process that is suspended, and leaves one that has ended alone', () => {
    const suspended = process('x', [], { presence: 'suspended', sinceMs: 1000, role: 'worker' })
    expect(statusOf(cast([suspended]), SERVICES, 4000).words).toBe('x worker suspended for 3 s · 0 connections up')
    const gone = process('x', [socket('x.req', { state: { is: 'refused', reason: '' } })], { presence: 'gone' })
    expect(statusOf(cast([gone]), SERVICES, 4000).ok).toBe(true)
  })

  test('says that the bus is down before all else', () => {
    expect(statusOf({ ...own(socket('chatz.req')), fault: 'No hub.' }, SERVICES, 0).words).toBe(
      'No hub. · 0 connections up',
    )
    expect(statusOf(cast([]), SERVICES, 0)).toEqual({ ok: false, words: 'waiting for dealz' })
  })

  test('counts a long wait down in whole seconds, and a short one not at all', () => {
    const retrying = socket('tickz.sub', { state: { is: 'retrying', inMs: 4000 }, sinceMs: 0 })
    expect(stateWords(retrying, 300)).toBe('retrying in 4 s')
    expect(stateWords(retrying, 5000)).toBe('retrying')
    expect(stateWords({ ...retrying, state: { is: 'retrying', inMs: 500 } }, 300)).toBe('retrying')
    expect(isUp(retrying)).toBe(false)
  })

  test('says since when a service is gone, whatever the attempt of the moment does', () => {
    const downSinceMs = new Date(2026, 10, 21, 23, 31, 46).getTime()
    for (const state of [{ is: 'retrying', inMs: 9 }, { is: 'connecting' }] as const) {
      const gone = socket('chatz.req', { state, downSinceMs, attempts: 17 })
      expect([stateWords(gone, 0), goneWords(gone)]).toEqual(['retrying', 'down since 23:31:46, tried 17 times'])
    }
    expect(goneWords(socket('chatz.req'))).toBeNull()
  })

  test('counts silence from when the socket was last heard', () => {
    const stale = socket('tickz.sub', { state: { is: 'stale', reason: 'no tick' }, sinceMs: 1000 })
    expect(stateWords(stale, 32_000)).toBe('silent for 31 s')
  })

  test('each type has the colour of its pattern, and an unknown one none', () => {
    const types = ['REQ', 'ROUTER', 'XPUB', 'PULL', 'PAIR', 'STREAM', 'constructor']
    expect(types.map(patternOf)).toEqual(['reqrep', 'reqrep', 'pubsub', 'pipe', 'pair', 'neutral', 'neutral'])
  })
})

describe('rules', () => {
  test('symbols are 2 to 16 of A-Z and 0-9, a letter first', () => {
    for (const good of ['IBM', 'A1', 'A234567890123456']) expect(symbolFault(good)).toBeNull()
    for (const bad of ['', 'A', '1A', 'A-B', 'ibm', 'A2345678901234567', 'ÄB']) expect(symbolFault(bad)).not.toBeNull()
  })

  test('names are 1 to 32 letters, digits and underscores of any script', () => {
    for (const good of ['a', 'Zoë_1', '李四', 'x'.repeat(32)]) expect(userFault(good)).toBeNull()
    for (const bad of ['', 'a b', 'a-b', 'x'.repeat(33)]) expect(userFault(bad)).not.toBeNull()
  })

  test('texts are counted in bytes', () => {
    expect(textFault('ä'.repeat(2048))).toBeNull()
    expect(textFault('ä'.repeat(2049))).not.toBeNull()
    expect(textFault('a\u{1f}b')).not.toBeNull()
  })
})

describe('prefs', () => {
  test('anything unknown in the storage takes its default', () => {
    for (const text of [null, '', 'no', 'null', '7', '{"zoom":1e9,"theme":"pink","projector":"yes"}']) {
      expect(parsePrefs(text)).toEqual(DEFAULTS)
    }
    const kept = { zoom: 1.25, theme: 'light', projector: true }
    expect(parsePrefs(JSON.stringify(kept))).toEqual(kept)
  })

  test('zoom stops at both ends', () => {
    let zoom = 1
    for (let step = 0; step < 20; step += 1) zoom = zoomed(zoom, 1)
    expect(zoom).toBe(2.5)
    for (let step = 0; step < 20; step += 1) zoom = zoomed(zoom, -1)
    expect(zoom).toBe(0.75)
  })

  test('the themes follow each other in a circle', () => {
    expect(nextTheme(nextTheme(nextTheme('system')))).toBe('system')
  })
})

test('the clock trusts the update that came fastest, until a restart', () => {
  const clock = new Clock()
  expect(clock.now(50)).toBe(50)
  clock.hear(1000, 40, true)
  clock.hear(1100, 120, false)
  clock.hear(1200, 400, false)
  expect(clock.now(200)).toBe(1180)
  clock.hear(0, 500, true)
  expect(clock.now(500)).toBe(0)
})

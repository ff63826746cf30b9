import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Hello } from '../generated/Hello'
import type { Update } from '../generated/Update'
import { Player } from './recorded'

const TEXT = readFileSync(resolve(import.meta.dirname, '../../tests/fixtures/session.jsonl'), 'utf8')
const HELLO: Hello = { version: '0.1.0', mode: 'play', page: 'control', links: [] }

function playing(text = TEXT) {
  const player = new Player(text, HELLO)
  const updates: Update[] = []
  const leave = player.subscribe(
    (update) => updates.push(update),
    () => {},
  )
  return { player, updates, leave }
}

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a recording that plays', () => {
  it('starts with a snapshot and continues by its times', () => {
    const { player, updates } = playing()
    expect(updates.map(({ snapshot }) => snapshot)).toEqual([true])
    vi.advanceTimersByTime(1100)
    expect(updates.map(({ timeMs }) => timeMs - player.played().startMs)).toEqual([0, 250, 500, 750, 1000])
  })

  it('stops at its end, and starts again', () => {
    const { player, updates } = playing()
    player.setSpeed(16)
    vi.advanceTimersByTime(2000)
    expect(player.played()).toMatchObject({ playing: false, atMs: player.played().endMs })
    updates.length = 0
    player.play()
    expect(player.played()).toMatchObject({ playing: true, atMs: player.played().startMs })
    expect(updates[0]?.snapshot).toBe(true)
  })

  it('pauses, and can be sought while it is paused', () => {
    const { player, updates } = playing()
    player.pause()
    vi.advanceTimersByTime(5000)
    expect(updates).toHaveLength(1)
    player.seek(player.played().startMs + 12_000)
    expect(updates[1]).toMatchObject({ snapshot: true, timeMs: player.played().startMs + 10_000 })
    expect(player.now()).toBe(player.played().startMs + 12_000)
    expect(player.played().playing).toBe(false)
  })

  it('reports a change', () => {
    const { player } = playing()
    const heard = vi.fn()
    const leave = player.watch(heard)
    player.pause()
    expect(heard).toHaveBeenCalledTimes(1)
    leave()
    player.play()
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('gives the bytes of its time', async () => {
    const { player } = playing()
    player.pause()
    const asked = { do: 'wire', socket: 'de5c0a1b2c3d4e5f/valuz.push' } as const
    await expect(player.act(asked)).resolves.toEqual({ got: 'wire', messages: [] })
    player.seek(player.played().endMs)
    const reply = await player.act(asked)
    expect(reply.got === 'wire' && reply.messages.length > 10).toBe(true)
  })

  it('refuses all else', async () => {
    const { player } = playing()
    await expect(player.act({ do: 'killWorker' })).rejects.toMatchObject({ refused: 'notNow' })
    await expect(player.act({ do: 'recording' })).rejects.toMatchObject({ refused: 'notNow' })
  })

  it('ends with its subscriber', () => {
    const { updates, leave } = playing()
    leave()
    vi.advanceTimersByTime(5000)
    expect(updates).toHaveLength(1)
  })

  it('may hold nothing', () => {
    const { player, updates } = playing('')
    vi.advanceTimersByTime(1000)
    expect(updates).toEqual([])
    expect(player.played()).toMatchObject({ empty: true, playing: false })
  })
})

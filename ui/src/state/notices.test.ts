import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Notices, SHOWN_MS } from './notices.svelte'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a notice disappears by itself, and the next one has its whole time', () => {
  const notices = new Notices()
  notices.say('one')
  vi.advanceTimersByTime(SHOWN_MS - 1)
  notices.say('two', true)
  vi.advanceTimersByTime(SHOWN_MS - 1)
  expect(notices.shown).toEqual({ text: 'two', bad: true })
  vi.advanceTimersByTime(1)
  expect(notices.shown).toBeNull()
})

test('the question of a reset waits for a while, and can be withdrawn', () => {
  const notices = new Notices()
  notices.askReset()
  vi.advanceTimersByTime(SHOWN_MS)
  expect(notices.asksReset).toBe(false)
  notices.askReset()
  notices.withdraw()
  expect(notices.asksReset).toBe(false)
})

import { expect, test, vi } from 'vitest'
import type { Backend } from '../backend/backend'
import type { Hello } from '../generated/Hello'
import { PLAYING, VIEW_ONLY } from './access.svelte'
import { Session } from './session.svelte'

const HELLO: Hello = { version: '0.1.0', mode: 'live', page: 'control', links: [] }

function backend(hello: Partial<Hello>, more: Partial<Backend> = {}): Backend {
  return {
    hello: () => Promise.resolve({ ...HELLO, ...hello }),
    act: (command) => Promise.resolve(command.do === 'recording' ? { got: 'recording', text: '' } : { got: 'done' }),
    subscribe: () => () => {},
    ...more,
  }
}

test('a page that may only view is refused by the page, without a request', async () => {
  const act = vi.fn<Backend['act']>()
  const session = new Session(backend({ page: 'view' }, { act }))
  await session.join()
  await expect(session.attempt({ do: 'killWorker' }, 'done')).resolves.toEqual({ text: VIEW_ONLY, bad: true })
  expect(act).not.toHaveBeenCalled()
})

test('a recording takes the place of dealz, and cannot be controlled', async () => {
  const session = new Session(backend({ mode: 'play' }))
  await session.join()
  expect([session.player !== null, session.mayControl]).toEqual([true, false])
  await expect(session.attempt({ do: 'reset' }, 'done')).resolves.toEqual({ text: PLAYING, bad: true })
})

test('what dealz refuses is said in its words', async () => {
  const act = () => Promise.reject({ refused: 'notNow', reason: 'No worker to kill.' })
  const session = new Session(backend({}, { act }))
  await session.join()
  await expect(session.attempt({ do: 'killWorker' }, 'done')).resolves.toEqual({
    text: 'No worker to kill.',
    bad: true,
  })
})

test('the window fills the screen itself', async () => {
  const toggleFullScreen = vi.fn(() => Promise.resolve(true))
  await new Session(backend({}, { toggleFullScreen })).toggleFullScreen()
  expect(toggleFullScreen).toHaveBeenCalledOnce()
})

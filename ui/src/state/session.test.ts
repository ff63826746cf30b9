import { expect, test, vi } from 'vitest'
import type { Backend } from '../backend/backend'
import type { Hello } from '../generated/Hello'
import type { PageKind } from '../generated/PageKind'
import type { Reply } from '../generated/Reply'
import type { Update } from '../generated/Update'
import { PLAYING, RECALLED, VIEW_ONLY } from './access.svelte'
import { update } from './sample'
import { Session } from './session.svelte'
import { NO_SCENES } from './stage'

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

/** A recording of two updates, each with a text. */
const RECORDING = ['one', 'two']
  .map((text, id) => {
    const line = { id, timeMs: 1000 + id, kind: 'message' as const, user: 'ada', text }
    return JSON.stringify({ kind: 'update', update: update({ timeMs: 1000 + id, snapshot: id === 0, lines: [line] }) })
  })
  .join('\n')

/** A live desk whose pages are to play the recording of `playing`, and what it sends. */
async function live(text: string | Promise<Reply>) {
  let send: (update: Update) => void = () => {}
  const act = vi.fn<Backend['act']>((command) =>
    command.do !== 'recording'
      ? Promise.resolve({ got: 'done' })
      : typeof text === 'string'
        ? Promise.resolve({ got: 'recording', text })
        : text,
  )
  const subscribe: Backend['subscribe'] = (onUpdate, onLink) => {
    send = onUpdate
    onLink('up')
    return () => {}
  }
  const session = new Session(backend({}, { act, subscribe }))
  await session.join()
  const leave = session.own.start()
  return { session, act, send: (changes: Partial<Update>) => send(update(changes)), leave }
}

const said = (session: Session) => session.live.desk.lines.map(({ text }) => text)

test('the recording of a scene is shown over what is live, which continues underneath', async () => {
  vi.useFakeTimers()
  const { session, act, send, leave } = await live(RECORDING)
  const line = (text: string, id: number) => ({ id, timeMs: 5000, kind: 'message' as const, user: 'bob', text })
  send({ snapshot: true, lines: [line('live', 0)] })
  vi.advanceTimersByTime(200)
  expect([said(session), session.mayControl]).toEqual([['live'], true])

  await session.recall('slow-joiner')
  expect(act).toHaveBeenLastCalledWith({ do: 'recording', scene: 'slow-joiner' })
  const end = session.recalled?.live.start()
  vi.advanceTimersByTime(200)
  expect([said(session), session.mayControl, session.controls]).toEqual([['one', 'two'], false, true])
  await expect(session.attempt({ do: 'reset' }, 'done')).resolves.toEqual({ text: RECALLED, bad: true })
  await expect(session.act({ do: 'killWorker' })).rejects.toMatchObject({ refused: 'notNow' })
  send({ lines: [line('meanwhile', 1)] })
  vi.advanceTimersByTime(200)

  end?.()
  session.backToLive()
  expect([said(session), session.mayControl, session.refusal]).toEqual([['live', 'meanwhile'], true, VIEW_ONLY])
  await expect(session.attempt({ do: 'reset' }, 'done')).resolves.toEqual({ text: 'done', bad: false })
  leave()
  vi.useRealTimers()
})

test('a recording that cannot be played leaves everything as it is', async () => {
  const refusal = { refused: 'notNow', reason: 'there is no recording' }
  for (const text of [
    '',
    'garbage',
    '{"kind":"update","update":{"timeMs":1,"snapshot":true}}',
    Promise.reject(refusal),
  ]) {
    const { session } = await live(text)
    await expect(session.recall('slow-joiner')).rejects.toMatchObject({ refused: 'notNow' })
    expect([session.recalled, session.mayControl]).toEqual([null, true])
  }
})

test('a recording that arrives after the way back is not shown', async () => {
  let arrive: (reply: Reply) => void = () => {}
  const { session } = await live(new Promise((resolve) => (arrive = resolve)))
  const recalling = session.recall('slow-joiner')
  session.backToLive()
  arrive({ got: 'recording', text: RECORDING })
  await recalling
  expect(session.recalled).toBeNull()
})

test('the scene that pages are to play is for those that control dealz', async () => {
  const playing = (page: PageKind) => {
    const session = new Session(
      backend(
        { page },
        {
          subscribe: (onUpdate) => (
            onUpdate(update({ snapshot: true, scenes: { ...NO_SCENES, playing: 'proxy' } })),
            () => {}
          ),
        },
      ),
    )
    return session.join().then(() => {
      vi.useFakeTimers()
      const leave = session.own.start()
      vi.advanceTimersByTime(2000)
      leave()
      vi.useRealTimers()
      return session.playing
    })
  }
  expect(await playing('control')).toBe('proxy')
  expect(await playing('view')).toBeNull()
})

test('the window fills the screen itself', async () => {
  const toggleFullScreen = vi.fn(() => Promise.resolve(true))
  await new Session(backend({}, { toggleFullScreen })).toggleFullScreen()
  expect(toggleFullScreen).toHaveBeenCalledOnce()
})

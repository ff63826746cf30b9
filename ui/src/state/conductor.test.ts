import { expect, test } from 'vitest'
import type { Command } from '../generated/Command'
import { Conductor } from './conductor.svelte'
import { EMPTY } from './desk'
import { Notices } from './notices.svelte'
import type { Session } from './session.svelte'
import { NO_SCENES, NO_STAGE } from './stage'

const cue = { title: '', text: '', notes: '' }
const scene = (name: string) => ({ name, title: name, idea: '', cues: [cue, cue] })
const folder = ['one', 'two'].map((name) => ({ name, title: name, recorded: false }))

function conducting(open: string | null, stage: object = {}, refused = false) {
  const asked: Command[] = []
  const desk = {
    ...EMPTY,
    scenes: { ...NO_SCENES, folder, open: open === null ? null : scene(open) },
    stage: { ...NO_STAGE, progress: 'met', ...stage },
  }
  const session = {
    live: { desk },
    attempt: (command: Command) => {
      asked.push(command)
      return Promise.resolve({ text: refused ? 'Not now.' : '', bad: refused })
    },
  } as unknown as Session
  const notices = new Notices()
  return { conductor: new Conductor(session, notices), asked, notices }
}

test('next leads from cue to cue and from scene to scene, and ends with a word', () => {
  const steps = [
    conducting(null),
    conducting('one'),
    conducting('one', { cue: 1, target: 1 }),
    conducting('two', { cue: 1, target: 1 }),
  ]
  steps.forEach(({ conductor }) => conductor.next())
  expect(steps.map(({ asked }) => asked)).toEqual([
    [{ do: 'scene', name: 'one' }],
    [{ do: 'cue', to: 'next' }],
    [{ do: 'scene', name: 'two' }],
    [],
  ])
  expect(steps.at(-1)?.notices.shown?.text).toMatch(/last cue, and no scene follows/)
})

test('a last cue that has not acted is not skipped', () => {
  const { conductor, asked, notices } = conducting('one', { cue: 1, target: 1, progress: 'acting' })
  conductor.next()
  expect(asked).toEqual([])
  expect(notices.shown?.text).toMatch(/has not acted/)
})

test('all else is one command each, and a refusal is shown', async () => {
  const { conductor, asked, notices } = conducting('one', {}, true)
  conductor.back()
  conductor.again()
  conductor.clear()
  conductor.clear('late.ticks')
  conductor.close()
  expect(asked).toEqual([
    { do: 'cue', to: 'back' },
    { do: 'cue', to: 'reset' },
    { do: 'clear' },
    { do: 'clear', on: 'late.ticks' },
    { do: 'closeScene' },
  ])
  await Promise.resolve()
  expect(notices.shown).toEqual({ text: 'Not now.', bad: true })
})

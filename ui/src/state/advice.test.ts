import { expect, test } from 'vitest'
import type { ProcessState } from '../generated/ProcessState'
import { adviceFor } from './advice'
import { EMPTY } from './desk'

function deskWith(state: ProcessState) {
  const process = { id: 'tickz', command: '', state, pid: 7, sinceMs: 0, memoryBytes: null, log: [] }
  return { ...EMPTY, processes: [process] }
}

test('a suspended service is to be resumed, never started: its port is held', () => {
  expect(adviceFor(deskWith({ is: 'suspended' }), 'tickz').act).toBe('resume')
  const elsewhere = { is: 'elsewhere', holder: 'tickz, process 7', suspended: true } as const
  expect(adviceFor(deskWith(elsewhere), 'tickz')).toMatchObject({ command: 'kill -CONT PID' })
})

test('a service that ended is started here, one that dealz does not know by hand', () => {
  expect(adviceFor(deskWith({ is: 'ended', how: 'killed by signal 9' }), 'tickz').act).toBe('start')
  expect(adviceFor(EMPTY, 'chatz')).toEqual({ text: 'Start it with', command: 'just chatz serve' })
})

import { expect, it } from 'vitest'
import { choicesOf, stateLook } from './acts'

const acts = (state: Parameters<typeof choicesOf>[0]) => choicesOf(state).map(({ act }) => act)

it('only what fits its state can be done to a process', () => {
  expect(acts({ is: 'running' })).toEqual(['stop', 'restart', 'suspend', 'kill'])
  expect(acts({ is: 'suspended' })).toEqual(['resume', 'restart', 'kill'])
  expect(acts({ is: 'stopping' })).toEqual(['kill'])
  expect(acts({ is: 'ended', how: '' })).toEqual(['start'])
})

it('what somebody else started is left alone, and said to be', () => {
  expect(acts({ is: 'elsewhere', holder: 'chatz, process 7' })).toEqual([])
  expect(stateLook({ is: 'elsewhere', holder: 'chatz, process 7' }).words).toBe(
    'started by somebody else: used, not touched (chatz, process 7)',
  )
})

it('a process that never was is told from one that ended', () => {
  expect(stateLook({ is: 'ended', how: '' }).words).toBe('not started')
  expect(stateLook({ is: 'ended', how: 'killed by signal 9' }).words).toBe('ended: killed by signal 9')
})

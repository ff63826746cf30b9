import { expect, it } from 'vitest'
import { choicesOf, stateLook } from './acts'

const acts = (state: Parameters<typeof choicesOf>[0]) => choicesOf(state).map(({ act }) => act)

it('a process offers only what fits its state', () => {
  expect(acts({ is: 'running' })).toEqual(['stop', 'restart', 'suspend', 'kill'])
  expect(acts({ is: 'suspended' })).toEqual(['resume', 'restart', 'kill'])
  expect(acts({ is: 'stopping' })).toEqual(['kill'])
  expect(acts({ is: 'ended', how: '' })).toEqual(['start'])
})

it('what dealz did not start is left alone, and named', () => {
  const elsewhere = { is: 'elsewhere', holder: 'chatz, process 7', suspended: false } as const
  expect(acts(elsewhere)).toEqual([])
  expect(stateLook(elsewhere).words).toBe('not started by dealz: chatz, process 7')
  expect(stateLook({ ...elsewhere, suspended: true })).toMatchObject({ mark: '‖', look: 'bad' })
})

it('a process that never started is not one that ended', () => {
  expect(stateLook({ is: 'ended', how: '' }).words).toBe('not started')
  expect(stateLook({ is: 'ended', how: 'killed by signal 9' }).words).toBe('ended: killed by signal 9')
})

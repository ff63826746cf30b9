import { expect, test } from 'vitest'
import { demo, eight } from '../diagram/samples'
import { nextSpotlight, patternsOf, processOfSelection, type Spotlight, spotlightWords } from './spotlight'

test('the spotlight goes from the process that is pointed at to each pattern, and off', () => {
  const { cast } = demo()
  const [process] = cast.processes
  const stops: (Spotlight | null)[] = []
  for (let now: Spotlight | null = null; stops.length < 9; stops.push(now)) {
    now = nextSpotlight(now, cast, process?.id ?? null)
    if (now === null) break
  }
  expect(stops.map((stop) => stop && spotlightWords(stop, cast))).toEqual([
    expect.stringContaining(process?.program ?? ''),
    'REQ/REP',
    'PUB/SUB',
    'PUSH/PULL',
  ])
  expect(nextSpotlight(null, cast, null)).toEqual({ pattern: 'reqrep' })
  // Another process is pointed at: the light goes there.
  expect(nextSpotlight({ process: 'other' }, cast, process?.id ?? null)).toEqual({ process: process?.id })
})

test('it knows the patterns of any cast, and the process of what is open', () => {
  expect(patternsOf(eight().cast).map(({ name }) => name)).toContain('PAIR')
  const { cast } = demo()
  const socket = cast.processes[1]?.sockets[0]
  expect(processOfSelection(cast, { socket: socket?.key ?? '' })).toBe(cast.processes[1]?.id)
  expect(processOfSelection(cast, null)).toBeNull()
  expect(spotlightWords({ process: 'none' }, cast)).toMatch(/ended/)
})

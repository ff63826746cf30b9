import { expect, test } from 'vitest'
import { cast, DESK, process, socket } from './sample'
import { named, troupeOf } from './troupe'

const own = (id: string, pid: number, changes: object = {}) =>
  process(id, [socket('x.sub', { key: `${id}/x` })], { pid, ...changes })
const line = (from: string, to: string) => ({ from: `${from}/x`, to, phase: 'up' as const, count: 1 })
const names = (...pids: number[]) => new Map(pids.map((pid) => [pid, `actor-${pid}`]))
const STRANGERS = ['?one', '?two'].map((id) => ({ id, address: id, holder: null, pid: null, child: null }))

const all = {
  ...cast(
    [
      own(DESK, 1),
      own('prices', 10),
      own('late', 11),
      own('guest', 12),
      own('tickz', 13),
      own('far', 10, { host: 'there' }),
    ],
    [line('late', 'prices/x'), line('guest', 'prices/x'), line(DESK, 'tickz/x'), line('prices', '?one')],
  ),
  strangers: STRANGERS,
  others: 3,
}

test('the processes of a scene are shown, with what is connected to them, and nothing else', () => {
  const troupe = troupeOf(all, names(10, 11))
  expect(troupe.processes.map(({ id }) => id)).toEqual(['prices', 'late', 'guest'])
  expect(troupe.strangers.map(({ id }) => id)).toEqual(['?one'])
  expect(troupe.lines).toHaveLength(3)
  expect(troupe.others).toBe(0)
})

test('a desk that is connected to everything brings nothing of it', () => {
  const lines = [...all.lines, line(DESK, 'prices/x'), line(DESK, 'far/x')]
  expect(troupeOf({ ...all, lines }, names(11)).processes.map(({ id }) => id)).toEqual(['prices', 'late', 'guest'])
  expect(troupeOf(all, names()).processes).toEqual([])
  expect(troupeOf(all, names(1)).processes).toEqual([])
})

test('a process of a scene that does not report has its name too, and belongs to it', () => {
  const [one, two] = STRANGERS
  const strangers = [one!, { ...two!, holder: 'python3 (pid 20)', pid: 20 }]
  const cast = { ...all, strangers }
  expect(named(cast, names(20)).strangers.map(({ child }) => child)).toEqual([null, 'actor-20'])
  expect(named(cast, names(20)).strangers[0]).toBe(one)
  expect(troupeOf(cast, names(20)).strangers.map(({ id }) => id)).toEqual(['?two'])
})

test('the processes of a scene have the names of its text, whatever else is shown', () => {
  const shown = named(all, names(10, 1))
  expect(shown.processes.map(({ child }) => child)).toEqual([null, 'actor-10', null, null, null, null])
  expect(shown.processes[2]).toBe(all.processes[2])
})

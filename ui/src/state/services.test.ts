import { expect, test } from 'vitest'
import { applyUpdate, EMPTY } from './desk'
import { cast, DESK, process, socket, tickz, update } from './sample'
import { shownServices, stripGroups } from './services'

const own = process(
  DESK,
  ['chatz.req', 'tickz.sub', 'valuz.push'].map((name) => socket(name)),
  { program: 'dealz' },
)
const foreign = process('a', [socket('x', { key: 'a/x' }), socket('y', { key: 'a/y', state: { is: 'connecting' } })])
const desk = (...processes: (typeof own)[]) => applyUpdate(EMPTY, update({ cast: cast(processes) }))

test('all services have their panel until another system is seen', () => {
  expect(shownServices(desk(own))).toEqual(['tickz', 'chatz', 'valuz'])
  expect(shownServices(desk(own, foreign))).toEqual([])
  expect(shownServices(desk(own, foreign, process('b', [], { program: 'chatz' })))).toEqual(['chatz'])
  const priced = applyUpdate(desk(own, foreign), update({ tickz: { ...tickz('IBM'), received: 1 } }))
  expect(shownServices(priced)).toEqual(['tickz'])
})

test('the strip shows the sockets for the services, or those of another system that are up', () => {
  const keys = (groups: ReturnType<typeof stripGroups>) =>
    groups.flatMap(({ sockets }) => sockets.map(({ key }) => key))
  expect(keys(stripGroups(desk(own), 2))).toEqual([`${DESK}/chatz.req`, `${DESK}/tickz.sub`])
  expect(keys(stripGroups(desk(own, foreign), 6))).toEqual(['a/x'])
  expect(stripGroups(EMPTY, 6)).toEqual([])
})

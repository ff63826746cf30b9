import { expect, test } from 'vitest'
import { cast, DESK, process, socket } from './sample'
import { firstScope, groupsOf, type Scope, scopeOf, scopeText } from './scope'

const own = process(DESK, [socket('tickz.sub'), socket('chatz.req')])
const publisher = process('a', [socket('tickz.pub', { key: 'a/tickz.pub' })])
const stranger = process('b', [socket('x.pair', { key: 'b/x.pair' })])
const line = { from: `${DESK}/tickz.sub`, to: 'a/tickz.pub', phase: 'up' as const, count: 1 }
const all = cast([publisher, stranger, own, process('c', [])], [line])
const shown = (scope: Scope) => groupsOf(all, scope).flatMap(({ sockets }) => sockets.map(({ key }) => key))

test('a scope is all sockets, those near this desk, those of a process, or one', () => {
  expect(shown('all')).toEqual([`${DESK}/tickz.sub`, `${DESK}/chatz.req`, 'a/tickz.pub', 'b/x.pair'])
  expect(shown('near')).toEqual([`${DESK}/tickz.sub`, `${DESK}/chatz.req`, 'a/tickz.pub'])
  expect(shown({ process: 'b' })).toEqual(['b/x.pair'])
  expect(shown({ socket: `${DESK}/chatz.req` })).toEqual([`${DESK}/chatz.req`])
  expect(shown({ process: 'gone' })).toEqual([])
})

test('a scope survives the field that it is chosen in', () => {
  for (const scope of ['all', 'near', { process: 'a' }, { socket: 'a/tickz.pub' }] as Scope[]) {
    expect(scopeOf(scopeText(scope))).toEqual(scope)
  }
})

test('few sockets are all shown at first, many only near this desk', () => {
  const many = Array.from({ length: 20 }, (_, index) => process(`p${index}`, [socket('x', { key: `p${index}/x` })]))
  expect(firstScope(all)).toBe('all')
  expect(firstScope(cast([own, publisher, ...many], [line]))).toBe('near')
  expect(firstScope(cast([own, publisher, ...many]))).toBe('all')
})

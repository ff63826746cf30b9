import { expect, test } from 'vitest'
import {
  channelName,
  countsOf,
  nearProcesses,
  ownSocket,
  peerName,
  placeOf,
  processTitle,
  socketName,
  socketOf,
} from './cast'
import { cast, counts, DESK, process, socket } from './sample'

const publisher = process('a1', [socket('tickz.pub', { key: 'a1/tickz.pub', type: 'XPUB' })], {
  program: 'tickz',
  role: 'publish',
  pid: 42,
})
const desk = process(DESK, [socket('chatz.req'), socket('tickz.sub')], { program: 'dealz', role: 'desk' })
const line = { from: `${DESK}/tickz.sub`, to: 'a1/tickz.pub', phase: 'up' as const, count: 1 }
const observed = {
  cast: cast([publisher, desk, process('b2', [])], [line]),
  counts: new Map([[DESK, counts(DESK, { sent: 1 }, { received: 7 })]]),
}

test('a socket is found by its key, and one of the desk by its name', () => {
  expect(socketOf(observed, 'a1/tickz.pub')?.type).toBe('XPUB')
  expect(ownSocket(observed, 'tickz.sub')?.key).toBe(`${DESK}/tickz.sub`)
  expect([socketOf(observed, 'a1/other'), socketOf(observed, null), ownSocket(observed, 'tickz.pub')]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('the counts of a socket are found by its place', () => {
  expect(countsOf(observed, `${DESK}/tickz.sub`).received).toBe(7)
  expect(countsOf(observed, 'a1/tickz.pub').received).toBe(0)
})

test('a socket has the name of its process, and processes of one name differ', () => {
  const place = placeOf(observed, 'a1/tickz.pub')
  expect(place && socketName(place)).toBe('tickz publish XPUB ticks')
  expect(
    [publisher, desk, { ...publisher, child: 'worker-1' }, { ...publisher, child: 'tickz' }].map(processTitle),
  ).toEqual(['tickz publish · pid 42', 'dealz · this desk', 'tickz publish · worker-1', 'tickz publish · pid 42'])
})

test('a socket has the name of its channel, unless another one of its process has the same', () => {
  const names = (sockets: ReturnType<typeof socket>[]) => {
    const cast = process('a1', sockets)
    return cast.sockets.map((each) => channelName(cast, each))
  }
  const [first, second] = ['a', 'b'].map((name) => socket(name, { key: `a1/${name}`, type: 'PULL', channel: 'jobs' }))
  if (!first || !second) throw new Error('two sockets')
  expect(names([first])).toEqual(['jobs'])
  expect(names([first, second])).toEqual(['a', 'b'])
  expect(names([first, { ...second, type: 'PUSH' }])).toEqual(['jobs', 'jobs'])
  expect(names([{ ...first, channel: null }])).toEqual(['a'])
})

test('near are the desk and what it is connected with; without a desk all are', () => {
  expect(nearProcesses(observed.cast).map(({ id }) => id)).toEqual([DESK, 'a1'])
  expect(nearProcesses(cast([publisher])).map(({ id }) => id)).toEqual(['a1'])
})

test('a peer has the name of its socket, or of what holds its address', () => {
  const stranger = { id: '?tcp://x:1', address: 'tcp://x:1', holder: null, pid: null, child: null }
  const there = {
    ...observed,
    cast: { ...observed.cast, strangers: [stranger, { ...stranger, id: '?y', holder: 'nc (pid 7)' }] },
  }
  const names = ['a1/tickz.pub', '?tcp://x:1', '?y', 'not/there', null].map((id) => peerName(there, id))
  expect(names).toEqual(['tickz publish XPUB ticks · pid 42', 'tcp://x:1', 'nc (pid 7)', null, null])
})

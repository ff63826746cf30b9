import { expect, test } from 'vitest'
import { socketType, markWords } from './sockettypes'

const KNOWN = ['REQ', 'REP', 'DEALER', 'ROUTER', 'PUB', 'XPUB', 'SUB', 'XSUB', 'PUSH', 'PULL', 'PAIR', 'STREAM', 'LINK']

test('two types may talk to each other, or neither may', () => {
  for (const type of KNOWN) {
    for (const peer of socketType(type)?.peers ?? []) expect(socketType(peer)?.peers, `${type} ${peer}`).toContain(type)
  }
})

test('each type sends, receives or both, and publishing never queues without end', () => {
  for (const type of KNOWN) {
    const { sends, receives } = socketType(type) ?? { sends: null, receives: null }
    expect(sends ?? receives, type).not.toBeNull()
  }
  expect(['PUB', 'XPUB', 'SUB', 'XSUB', 'ROUTER'].filter((type) => socketType(type)?.queues)).toEqual([])
  expect(['PUSH', 'PULL', 'DEALER', 'REQ', 'PAIR'].every((type) => socketType(type)?.queues)).toBe(true)
})

test('what is not known promises nothing', () => {
  expect(['GATHER', '', 'toString', '__proto__'].map(socketType)).toEqual([null, null, null, null])
})

test('a high-water mark of 0 is no limit', () => {
  expect([0, 1000].map(markWords)).toEqual(['queue without limit', 'queue of 1,000'])
})

import { describe, expect, test, vi } from 'vitest'
import type { MessageView } from '../generated/MessageView'
import { directionOf, followed, FOLLOWED_MAX, Timetable } from './follow'
import { graphOf, type Link } from './graph'
import { Inbox } from './inbox'
import { litOf } from './lit'
import * as samples from './samples'

const graph = graphOf(samples.demo().cast)
const typesOf = ({ from, to }: Link) => [from, to].map((key) => graph.portOf.get(key)?.type).join(' ')
const linkOf = (types: string) => graph.links.find((link) => typesOf(link) === types)!

describe('lines that are followed', () => {
  const at = (perSecond: number) =>
    new Map([...graph.portOf.keys()].map((key) => [key, { perSecond, onTheWay: null, waiting: null }]))

  test('are those with few messages, and stay so up to some more', () => {
    const all = followed(graph, at(1), new Map(), new Map())
    expect(all.size).toBe(graph.links.length)
    expect(followed(graph, at(8), new Map(), new Map()).size).toBe(0)
    expect(followed(graph, at(8), all, new Map()).size).toBe(all.size)
    expect(followed(graph, at(20), all, new Map()).size).toBe(0)
  })

  test('are known by the end that has no other line, and by the direction there', () => {
    const all = followed(graph, at(1), new Map(), new Map())
    const orders = all.get(linkOf('PULL PUSH').id)!
    expect(graph.portOf.get(orders.socket)?.type).toBe('PULL')
    // Orders run from the socket that is bound to the one that connects.
    expect([directionOf(orders, false), directionOf(orders, true)]).toEqual(['received', 'sent'])
    const seen = linkOf('REQ ROUTER').id
    expect([...followed(graph, at(1), new Map(), new Map(), (link) => link === seen).keys()]).toEqual([seen])
  })

  test('are bounded, and those with the last messages come first', () => {
    const large = graphOf(samples.sixty().cast)
    const first = followed(large, new Map(), new Map(), new Map())
    expect(first.size).toBe(FOLLOWED_MAX)
    const other = large.links.findLast(({ id }) => !first.has(id))!
    const all = followed(large, new Map(), new Map(), new Map([[other.id, 5]]))
    expect(all.size).toBe(FOLLOWED_MAX)
    expect(all.has(other.id)).toBe(true)
  })
})

test('an answer leaves when what caused it has arrived, and two messages do not cover each other', () => {
  const timetable = new Timetable()
  const order = { from: 'desk', to: 'worker', line: 'orders', messageMs: 1000 }
  const result = { from: 'worker', to: 'desk', line: 'results', messageMs: 1002 }
  expect(timetable.depart(order, 0, 900)).toBe(0)
  expect(timetable.depart(result, 10, 900)).toBe(900)
  expect(timetable.depart({ ...result, messageMs: 1003 }, 10, 900)).toBe(1080)
  // What was sent before, or long after, was not caused by it.
  expect(timetable.depart({ ...result, line: 'other', messageMs: 900 }, 10, 900)).toBe(10)
  expect(timetable.depart({ ...result, line: 'third', messageMs: 2000 }, 10, 900)).toBe(10)
  timetable.clear()
  expect(timetable.depart(result, 10, 900)).toBe(10)
})

describe('the messages of a socket', () => {
  const message = (id: number) => ({ id, direction: 'received' }) as MessageView
  const any = () => true

  test('are those that came since it is followed, each once', async () => {
    let kept = [message(1), message(2)]
    const asked: (number | undefined)[] = []
    const inbox = new Inbox((_, after) => {
      asked.push(after)
      return Promise.resolve(kept.filter(({ id }) => id > (after ?? -1)))
    })
    inbox.watch(new Set(['a']))
    await vi.waitFor(() => expect(asked).toEqual([undefined]))
    kept = [...kept, message(3), message(4)]
    expect((await inbox.take('a', any, 1)).map(({ id }) => id)).toEqual([4])
    kept = [...kept, message(5)]
    expect((await inbox.take('a', any, 1)).map(({ id }) => id)).toEqual([5])
    expect(await inbox.take('a', any, 1)).toEqual([])
    expect(await inbox.take('b', any, 1)).toEqual([])
    inbox.stop()
  })

  test('are asked for again while they are on their way, and a refusal is no end', async () => {
    let questions = 0
    const inbox = new Inbox(() => {
      questions += 1
      if (questions === 2) return Promise.reject(new Error('away'))
      return Promise.resolve(questions > 3 ? [message(7)] : [])
    })
    inbox.watch(new Set(['a']))
    expect((await inbox.take('a', any, 1)).map(({ id }) => id)).toEqual([7])
    inbox.stop()
  })
})

describe('the spotlight', () => {
  test('lights the sockets of a pattern, their lines and their boxes', () => {
    const lit = litOf(graph, { pattern: 'pipe' })!
    expect([...lit.links].map((id) => typesOf(graph.links.find((link) => link.id === id)!)).sort()).toEqual([
      'PULL PUSH',
      'PULL PUSH',
      'PUSH PULL',
      'PUSH PULL',
    ])
    const dark = graph.nodes.filter(({ id }) => !lit.nodes.has(id)).flatMap(({ processes }) => processes)
    expect(dark.map(({ program }) => program).sort()).toEqual(['chatz', 'tickz'])
  })

  test('lights a process, its lines, and the sockets at their other ends', () => {
    const chatz = graph.nodes.find(({ processes }) => processes[0]?.program === 'chatz')!
    const lit = litOf(graph, { process: chatz.processes[0]!.id })!
    expect([...lit.nodes]).toEqual([chatz.id])
    expect(lit.links.size).toBe(2)
    expect([...lit.ports].map((key) => graph.portOf.get(key)?.type).sort()).toEqual(['REQ', 'ROUTER', 'SUB', 'XPUB'])
    expect(litOf(graph, null)).toBeNull()
  })
})

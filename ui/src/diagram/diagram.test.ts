import { describe, expect, test } from 'vitest'
import { keyed, panned, WHOLE, zoomed } from './camera'
import { columnsOf } from './columns'
import { graphOf, headsOf, patternOfLine } from './graph'
import { sideOfPeer } from './kinds'
import { lookOf } from './look'
import { branch, cut, lengthOf, middleOf, pointAt, roundPath, shares, simple, wrap } from './path'
import { counted, Pace, type Pulse, pulsesBetween, roundRobin } from './pulses'
import { Meter, together } from './rates'
import { rowsFor } from './rows'
import * as samples from './samples'
import { commandOf, fitted, headingOf, kindOf, subtitleOf, titleOf, widthOf } from './titles'
import { tracksOf } from './tracks'
import { absenceOf, figureOf, figuresOf, heardOfNode, heardOfPort, noteOf } from './words'

const NOW = samples.NOW_MS

describe('paths', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 30, y: 0 },
    { x: 30, y: 10 },
  ]

  test('have round corners, a length, and a middle', () => {
    expect(roundPath(points, 8)).toBe('M0 0L25 0Q30 0 30 5L30 10')
    expect(roundPath([], 8)).toBe('')
    expect(lengthOf(points)).toBe(40)
    expect(shares(points)).toEqual([0, 0.75, 1])
    expect([0, 0.375, 0.75, 1].map((share) => pointAt(points, share))).toEqual([
      { x: 0, y: 0 },
      { x: 15, y: 0 },
      { x: 30, y: 0 },
      { x: 30, y: 10 },
    ])
    expect(pointAt([], 0.5)).toEqual({ x: 0, y: 0 })
    expect(middleOf(points)).toEqual({ x: 15, y: 0, upright: false })
  })

  test('have no points that are no corners', () => {
    const [a, b, c] = points as [(typeof points)[0], (typeof points)[0], (typeof points)[0]]
    expect(simple([a, { x: 10, y: 0 }, b, b, { x: 30, y: 4 }, c])).toEqual(points)
  })

  test('have only their own part where they share the rest', () => {
    const to = (y: number) => [
      { x: 0, y: 50 },
      { x: 40, y: 50 },
      { x: 40, y },
      { x: 60, y },
    ]
    expect(branch(to(20), [])).toEqual(to(20))
    // Below what the other goes along, it is alone from there; within, only its last part is.
    expect(branch(to(90), [to(70)])).toEqual([{ x: 40, y: 70 }, ...to(90).slice(2)])
    expect(branch(to(60), [to(70)])).toEqual([
      { x: 40, y: 60 },
      { x: 60, y: 60 },
    ])
    const straight = [
      { x: 0, y: 50 },
      { x: 60, y: 50 },
    ]
    // One that leaves the other side of a port shares nothing.
    expect(branch(to(60), [to(70).map(({ x, y }) => ({ x: -x - 60, y }))])).toEqual(to(60))
    expect(branch(straight, [to(70)])).toEqual([{ x: 40, y: 50 }, straight[1]])
  })
})

test('text is wrapped, and cut if it is too long', () => {
  expect(wrap('the server does not know our key', 16, 3)).toEqual(['the server does', 'not know our key'])
  expect(wrap('one two three four', 5, 2)).toEqual(['one', 'two…'])
  expect(wrap('incomprehensibilities', 8, 2)).toEqual(['incompr…'])
  expect(cut('PULL', 8)).toBe('PULL')
  expect(cut('INCOMPREHENSIBLE', 4)).toBe('INC…')
  expect(fitted('valuz worker', 20)).toBe('valuz worker')
  expect(widthOf(fitted('valuz worker', 5))).toBeLessThanOrEqual(5)
  expect(fitted('m'.repeat(10_000), 5).length).toBeLessThan(10)
})

describe('the graph of a cast', () => {
  test('has each process once, and no line that ends nowhere', () => {
    const { nodes, links, portOf } = graphOf(samples.hostile().cast)
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length)
    for (const { from, to } of links) expect([portOf.has(from), portOf.has(to)]).toEqual([true, true])
    expect(links.some(({ from, to }) => from === to)).toBe(false)
  })

  test('has the sockets of the suite in the order of the desk, whatever the order of the reports', () => {
    const { nodes } = graphOf(samples.demo().cast)
    const types = new Map(nodes.map((node) => [titleOf(node).name, node.ports.map(({ type }) => type)]))
    expect(types.get('chatz serve')).toEqual(['ROUTER', 'XPUB'])
    expect(types.get('valuz worker-1')).toEqual(['PULL', 'PUSH', 'SUB'])
  })

  test('has what is absent as a box, and its lines', () => {
    const graph = graphOf(samples.demo(0, false).cast)
    const absent = graph.nodes.filter(({ kind }) => kind === 'absent')
    expect(absent.map((node) => [titleOf(node).name, subtitleOf(node), commandOf(node)])).toEqual([
      ['chatz serve', 'not running', 'just chatz serve'],
      ['tickz publish', 'not running', 'just tickz publish'],
      ['valuz worker', 'not running', 'just valuz worker'],
    ])
    expect(graph.links.map((link) => lookOf(graph, link))).toEqual(['dots', 'dots', 'dots', 'faint', 'faint', 'faint'])
  })

  test('calls a process by the name that its scene gives it, also where there is no room for its role', () => {
    const casting = new samples.Casting()
    const named = { child: 'average', language: 'python' }
    casting.process('average', 'watch', [{ name: 'ticks', type: 'SUB' }], named)
    const [node] = graphOf(casting.end().cast).nodes
    expect(headingOf(node!, 20, '')).toEqual({ name: 'average watch', detail: 'python' })
    expect(headingOf(node!, 9, '')).toEqual({ name: 'average', detail: 'python' })
  })

  test('says where messages arrive and how they are carried', () => {
    const graph = graphOf(samples.eight().cast)
    const of = (from: string, to: string) =>
      graph.links.find((link) => {
        const types = [link.from, link.to].map((port) => graph.portOf.get(port)?.type)
        return types[0] === from && types[1] === to
      })
    const [push, pub, pair] = [of('PULL', 'PUSH'), of('PUB', 'XSUB'), of('PAIR', 'PAIR')]
    expect([push, pub, pair].map((link) => link && headsOf(graph, link))).toEqual(['start', 'end', 'both'])
    expect([push, pub, pair].map((link) => link?.transport)).toEqual(['ipc', 'tcp', 'inproc'])
  })
})

test('every phase has its look, and a silent end makes a line hollow', () => {
  const sample = samples.three()
  const looks = (['up', 'handshake', 'connecting', 'retrying', 'refused', 'closed'] as const).map((phase) => {
    const graph = graphOf({ ...sample.cast, lines: sample.cast.lines.map((line) => ({ ...line, phase })) })
    return graph.links[0] && lookOf(graph, graph.links[0])
  })
  expect(looks).toEqual(['solid', 'dashdot', 'dashes', 'dots', 'bar', 'faint'])
  const [first, ...others] = sample.cast.processes
  const silent = graphOf({ ...sample.cast, processes: [{ ...first!, presence: 'silent' }, ...others] })
  expect(silent.links[0] && lookOf(silent, silent.links[0])).toBe('hollow')
})

describe('columns', () => {
  const names = (sample: samples.Sample, limit = 5) => {
    const graph = graphOf(sample.cast)
    const columns = columnsOf(graph, new Map(), limit)
    return Object.fromEntries(graph.nodes.map((node) => [titleOf(node).name, columns.get(node.id)]))
  }

  test('go the way of messages, and of requests', () => {
    expect(names(samples.three())).toEqual({ frontend: 0, broker: 1, 'billing service': 2 })
    expect(names(samples.eight())).toMatchObject({ 'sensor tokyo': 0, proxy: 1, alarm: 2, pager: 3 })
    expect([
      sideOfPeer('PUB', ''),
      sideOfPeer('SUB', ''),
      sideOfPeer('REP', 'REQ'),
      sideOfPeer('PAIR', 'PAIR'),
    ]).toEqual([1, -1, -1, 0])
  })

  test('have a link between its ends, what connects to it at the left', () => {
    const casting = new samples.Casting()
    casting.process('left', 'beat', [{ name: 'dealer', type: 'DEALER', bind: 'tcp://127.0.0.1:1' }])
    casting.process('right', 'beat', [{ name: 'dealer', type: 'DEALER', connect: ['tcp://127.0.0.1:2'] }])
    const way = { bind: 'tcp://127.0.0.1:2', connect: ['tcp://127.0.0.1:1'] }
    casting.process('linkz', 'link', [{ name: 'link', type: 'LINK', ...way }])
    expect(names(casting.end())).toEqual({ 'right beat': 0, 'linkz link': 1, 'left beat': 2 })
  })

  test('run back where the room ends', () => {
    expect(names(samples.eight(), 3)).toMatchObject({ proxy: 1, alarm: 2, pager: 1 })
    expect(Math.max(...Object.values(names(samples.twenty(), 3)).map(Number))).toBe(2)
  })

  test('stay for what has one', () => {
    const graph = graphOf(samples.three().cast)
    const ids = graph.nodes.map(({ id }) => id)
    const before = new Map([[ids[1] ?? '', 0]])
    expect(ids.map((id) => columnsOf(graph, before, 5).get(id))).toEqual([-1, 0, 1])
  })

  test('of what has its place in the suite stay also in less room than before', () => {
    const whole = graphOf(samples.demo().cast)
    const chatz = whole.nodes.find((node) => titleOf(node).name === 'chatz serve')
    const client = { ...chatz!, id: 'client', hint: null, ports: [] }
    const graph = { ...whole, nodes: [...whole.nodes, client] }
    const hinted = (limit: number) => {
      const columns = columnsOf(graph, new Map([[client.id, -1]]), limit)
      return [columns.get(client.id), ...whole.nodes.map(({ id, hint }) => columns.get(id) === hint?.column)]
    }
    expect(hinted(4)).toEqual([-1, ...whole.nodes.map(() => true)])
    expect(hinted(3)).toEqual([0, ...whole.nodes.map(() => true)])
  })
})

test('rails that do not pass each other share a track, and others cross as little as they can', () => {
  const rail = (id: string, left: number, ...rights: number[]) => ({ id, lefts: [left], rights })
  expect(tracksOf([rail('a', 0, 50), rail('b', 200, 300)])).toEqual(
    new Map([
      ['a', 0],
      ['b', 0],
    ]),
  )
  // Both run down: the upper one turns last.
  const tracks = tracksOf([rail('upper', 0, 100, 120), rail('lower', 50, 200)])
  expect(tracks.get('upper')).toBeGreaterThan(tracks.get('lower') ?? 9)
})

describe('words', () => {
  test('say since when a peer is gone, and give reasons', () => {
    const port = graphOf(samples.demo(0, false).cast).nodes[0]?.ports[0]!
    const [socket] = port.sockets
    expect(noteOf(port, NOW, 20, 3)).toEqual(['down since 14:02:46', 'tried 17 times'])
    expect(noteOf(port, NOW, 15, 3)).toEqual(['down since', '14:02:46', 'tried 17 times'])
    const refused = { ...socket!, state: { is: 'refused', reason: 'Wrong key.' }, downSinceMs: null } as const
    expect(noteOf({ ...port, sockets: [refused] }, NOW, 17, 3)).toEqual(['refused: Wrong', 'key.'])
    const warned = { ...socket!, warning: 'Too many open files.' }
    expect(noteOf({ ...port, sockets: [warned] }, NOW, 17, 3)).toEqual(['Too many open', 'files.'])
    const up = graphOf(samples.demo().cast).nodes[0]?.ports[0]!
    expect(noteOf(up, NOW, 17, 3)).toEqual([])
    expect(heardOfPort(up, NOW, { perSecond: 2, onTheWay: null, waiting: null })).toBe(
      'chatz.req REQ, connects to tcp://127.0.0.1:9001, up, 2/s',
    )
  })

  test('say that a process does not report', () => {
    const { nodes } = graphOf(samples.eight().cast)
    const words = nodes.map((node) => absenceOf(node, NOW)).filter((each) => each !== null)
    expect(words).toEqual(['silent for 4 s', 'ended 12 s ago'])
    expect(heardOfNode(nodes[2]!, 'sensor tokyo', NOW)).toBe(
      'sensor tokyo, python, pid 30981 at stage: silent for 4 s, 1 socket',
    )
  })

  test('give figures, and what is on its way', () => {
    expect(figureOf({ perSecond: 41, onTheWay: 5057, waiting: null }, 'ipc')).toEqual({
      rate: '41/s',
      more: ['ipc', '5,057 on the way'],
    })
    expect(figureOf({ perSecond: 0, onTheWay: 0, waiting: null }, 'tcp')).toEqual({ rate: '', more: [] })
    expect(figuresOf({ perSecond: 41, onTheWay: null, waiting: 5057 })).toEqual(['41/s', '5,057 wait'])
    expect(figuresOf({ perSecond: 62_400, onTheWay: null, waiting: 982 })).toEqual(['62.4 k/s'])
    expect(figuresOf({ perSecond: 0, onTheWay: null, waiting: 0 })).toEqual([])
  })
})

describe('rates', () => {
  const sample = samples.three()
  const key = `${'1'.padStart(16, '0')}/ask`
  const at = (sent: number, sentPerSecond: number) => {
    const [id, counts] = [...sample.counts][0]!
    const socket = { ...counts.sockets[0]!, sent, received: 0, sentPerSecond, receivedPerSecond: 0 }
    return new Map([[id, { ...counts, sockets: [socket] }]])
  }

  test('of few messages are those of ten seconds', () => {
    const meter = new Meter()
    for (let second = 0; second < 10; second++)
      meter.read(sample.cast, at(second * 3, second % 2 ? 6 : 0), second * 1000)
    expect(meter.read(sample.cast, at(30, 6), 10_000).get(key)?.perSecond).toBe(3)
    expect(meter.read(sample.cast, at(530, 500), 11_000).get(key)?.perSecond).toBe(500)
    // A process that counts from the beginning again.
    expect(meter.read(sample.cast, at(2, 2), 12_000).get(key)?.perSecond).toBe(2)
  })

  test('of several sockets are one', () => {
    const rates = new Map([
      ['a', { perSecond: 2, onTheWay: null, waiting: null }],
      ['b', { perSecond: 3, onTheWay: 7, waiting: 4 }],
    ])
    expect(together(rates, ['a', 'b', 'c'])).toEqual({ perSecond: 5, onTheWay: 7, waiting: 4 })
    expect(together(rates, [])).toEqual({ perSecond: 0, onTheWay: null, waiting: null })
  })
})

describe('pulses', () => {
  const sample = samples.demo()
  const graph = graphOf(sample.cast)
  const before = counted(sample.cast, sample.counts)
  const grown = (changes: Record<string, { sent?: number; received?: number }>) =>
    new Map(
      [...before].map(([key, counts]) => {
        const change = Object.entries(changes).find(([end]) => key.endsWith(end))?.[1]
        return [key, { sent: counts.sent + (change?.sent ?? 0), received: counts.received + (change?.received ?? 0) }]
      }),
    )
  const ends = ({ link, forward }: Pulse) => {
    const { from = '', to = '' } = graph.links.find(({ id }) => id === link) ?? {}
    return (forward ? [from, to] : [to, from]).map((key) => key.split('/')[1])
  }

  test('run along the line that had messages, the way that they took', () => {
    const pulses = pulsesBetween(graph, before, grown({ 'chatz.req': { sent: 1 }, 'chatz.requests': { received: 1 } }))
    expect(pulses.map(ends)).toEqual([['chatz.req', 'chatz.requests']])
    const ticks = pulsesBetween(graph, before, grown({ 'tickz.sub': { received: 994 }, 'tickz.pub': { sent: 994 } }))
    expect(ticks.map(ends)).toEqual([['tickz.pub', 'tickz.sub']])
    expect(ticks[0]).toMatchObject({ messages: 994, pattern: 'pubsub', turns: null })
  })

  test("through a link have the colour of its peers and are its peers' messages: it counts none", () => {
    const [front, back] = ['tcp://127.0.0.1:9103', 'tcp://127.0.0.1:9003']
    const cast = new samples.Casting()
    cast.process('tickz', 'publish', [{ name: 'pub', type: 'XPUB', bind: back }])
    cast.process('linkz', 'link', [{ name: 'link', type: 'LINK', bind: front, connect: [back] }])
    cast.process('tickz', 'watch', [{ name: 'sub', type: 'SUB', connect: [front] }])
    const through = graphOf(cast.end().cast)
    expect(through.links.map((line) => patternOfLine(through, line))).toEqual(['pubsub', 'pubsub'])
    const counts = (sent: number) =>
      new Map([...through.portOf.keys()].map((key) => [key, { sent: 0, received: 0, ...countsOf(key, sent) }]))
    const countsOf = (key: string, count: number) =>
      key.endsWith('/pub') ? { sent: count } : key.endsWith('/sub') ? { received: count } : {}
    const pulses = pulsesBetween(through, counts(0), counts(7))
    expect(pulses.map(({ pattern, messages, turns }) => ({ pattern, messages, turns }))).toEqual([
      { pattern: 'pubsub', messages: 7, turns: null },
      { pattern: 'pubsub', messages: 7, turns: null },
    ])
  })

  test('run to the worker that did something', () => {
    const pulses = pulsesBetween(
      graph,
      before,
      grown({ '4/valuz.worker.orders': { received: 20 }, '4/valuz.worker.results': { sent: 20 } }),
    )
    expect(pulses.map(ends)).toEqual([
      ['valuz.push', 'valuz.worker.orders'],
      ['valuz.worker.results', 'valuz.pull'],
    ])
  })

  test('from a socket that distributes are round-robin', () => {
    const pulse = (link: string, turns: string | null): Pulse => ({
      link,
      turns,
      pattern: 'pipe',
      forward: true,
      messages: 1,
    })
    const pulses = [pulse('a', 'push'), pulse('b', 'push'), pulse('c', null)]
    expect(roundRobin(pulses, 0)).toEqual([pulses[2], pulses[0]])
    expect(roundRobin(pulses, 3)).toEqual([pulses[2], pulses[1]])
  })

  test('come once a second on a line with few messages, each time on a busy one, and for each message alone', () => {
    const shown = (messages: number, everyMs: number, times: number) => {
      const pace = new Pace()
      const pulse: Pulse = { link: 'a', turns: null, pattern: 'pubsub', forward: true, messages }
      return Array.from({ length: times }, (_, time) => pace.admits(pulse, time * everyMs)).filter((is) => is).length
    }
    // Forty seconds of five prices four times a second: the first come one after the other.
    expect(shown(5, 250, 160)).toBe(42)
    expect(shown(60, 100, 100)).toBe(100)
    expect(shown(1, 100, 3)).toBe(3)
    expect(shown(1, 2000, 20)).toBe(20)
  })

  test('there are none after a reset', () => {
    expect(pulsesBetween(graph, before, new Map())).toEqual([])
  })
})

test('the camera stays in the picture', () => {
  const room = { width: 400, height: 300 }
  const near = zoomed(WHOLE, 2, 400, 300, room)
  expect(near).toEqual({ zoom: 2, x: 400, y: 300 })
  expect(panned(near, 999, -999, room)).toEqual({ zoom: 2, x: 400, y: 0 })
  expect(zoomed(near, 0.01, 0, 0, room)).toEqual(WHOLE)
  expect(keyed(near, 'Home', room)).toEqual(WHOLE)
  expect(keyed(WHOLE, 'i', room)?.zoom).toBe(1.25)
  expect(keyed(WHOLE, 'k', room)).toBeNull()
})

test('the narrow form has the sockets of one process by their peers', () => {
  const { cast } = samples.demo()
  const desk = rowsFor(graphOf(cast), [])
  expect(desk.peers.map(({ node, count, rows }) => [node && kindOf(node), count, rows.length])).toEqual([
    ['chatz serve', 1, 2],
    ['tickz publish', 1, 1],
    ['valuz worker', 2, 3],
  ])
  const broker = samples.twenty().cast.processes.find(({ program }) => program === 'broker')
  const lit = broker?.sockets[0]?.key ?? ''
  expect(rowsFor(graphOf(samples.twenty().cast), [lit]).own?.id).toBe(broker?.id)
  expect(rowsFor(graphOf(samples.NO_PROCESS), ['none'])).toEqual({ own: null, peers: [] })
})

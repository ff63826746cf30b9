import { describe, expect, test } from 'vitest'
import type { NodePlace } from './boxes'
import type { Picture } from './layout'
import type { Box, Point } from './path'
import { type Room } from './room'
import * as samples from './samples'
import { Stage } from './scene'

const ROOMS: Record<string, Room> = {
  '1280x720': { width: 704, height: 419, em: 14 },
  projector: { width: 704, height: 410, em: 16 },
  '1920x1080': { width: 1070, height: 690, em: 17.5 },
  small: { width: 300, height: 200, em: 14 },
}
const ROOM = ROOMS['1280x720'] as Room
const SAMPLES: Record<string, samples.Sample> = {
  demo: samples.demo(),
  'the demo without services': samples.demo(0, false),
  three: samples.three(),
  eight: samples.eight(),
  twenty: samples.twenty(),
  sixty: samples.sixty(),
  'a hostile cast': samples.hostile(),
}

/** A stage on which everything is settled before the next picture. */
function settling(): Stage {
  let nowMs = 0
  return new Stage(() => (nowMs += 10_000))
}

function show(sample: samples.Sample, room = ROOM, stage = new Stage()): Picture {
  return stage.show(sample.cast, room, new Set()).picture
}

function apart(a: Box, b: Box): boolean {
  return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
}

/** Whether a level or upright line goes through the inside of a box. */
function crosses(from: Point, to: Point, box: Box): boolean {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)]
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)]
  return right > box.x + 1 && left < box.x + box.width - 1 && bottom > box.y + 1 && top < box.y + box.height - 1
}

function boxesOf({ nodes }: Picture): Map<string, Box> {
  return new Map(nodes.map(({ node, box }) => [node.id, box]))
}

describe.each(Object.entries(ROOMS))('in a room of %s', (_, room) => {
  describe.each(Object.entries(SAMPLES))('the picture of %s', (__, sample) => {
    const picture = show(sample, room)

    test('is the same for the same cast', () => {
      expect(show(sample, room)).toEqual(picture)
    })

    test('has no boxes that overlap, and none outside', () => {
      const boxes = picture.nodes.map(({ box }) => box)
      boxes.forEach((box, index) => {
        for (const other of boxes.slice(index + 1)) expect(apart(box, other)).toBe(true)
        expect(box.x).toBeGreaterThanOrEqual(0)
        expect(box.y).toBeGreaterThanOrEqual(0)
        expect(box.x + box.width).toBeLessThanOrEqual(picture.width)
        expect(box.y + box.height).toBeLessThanOrEqual(picture.height)
      })
    })

    test('has its ports inside their boxes, apart from each other', () => {
      for (const { box, ports } of picture.nodes) {
        ports.forEach(({ box: port, side }, index) => {
          expect(port.y).toBeGreaterThanOrEqual(box.y - 0.01)
          expect(port.y + port.height).toBeLessThanOrEqual(box.y + box.height + 0.01)
          expect(port.x).toBeGreaterThanOrEqual(box.x - 0.01)
          expect(port.x + port.width).toBeLessThanOrEqual(box.x + box.width + 0.01)
          for (const other of ports.slice(index + 1)) {
            if (other.side === side) expect(Math.abs(other.box.y - port.y)).toBeGreaterThanOrEqual(port.height)
          }
        })
      }
    })

    test('has lines that turn at right angles, end at their ports, and go through no other box', () => {
      const byPort = new Map<string, NodePlace>()
      for (const place of picture.nodes) for (const { port } of place.ports) byPort.set(port.key, place)
      for (const { link, points, turned } of picture.links) {
        const ends = [byPort.get(link.from), byPort.get(link.to)]
        points.slice(1).forEach((point, index) => {
          const before = points[index] as Point
          expect(Math.abs(before.x - point.x) < 0.01 || Math.abs(before.y - point.y) < 0.01).toBe(true)
          for (const place of picture.nodes) {
            if (!ends.includes(place)) expect(crosses(before, point, place.box)).toBe(false)
          }
        })
        const first = turned ? link.to : link.from
        const port = byPort.get(first)?.ports.find((each) => each.port.key === first)?.box as Box
        expect([port.x, port.x + port.width]).toContain(points[0]?.x)
        expect(points[0]?.y).toBeCloseTo(port.y + port.height / 2)
      }
    })
  })
})

test('the demo is where it has always been: services left, the desk in the middle, workers right', () => {
  const boxes = boxesOf(show(samples.demo()))
  const [desk, tickz, chatz, first, second] = samples.demo().cast.processes.map(({ id }) => boxes.get(id) as Box)
  expect(chatz?.x).toBe(tickz?.x)
  expect(chatz?.y).toBeLessThan(tickz?.y ?? 0)
  expect(desk?.x).toBeGreaterThan((chatz?.x ?? 0) + (chatz?.width ?? 0))
  expect(first?.x).toBeGreaterThan((desk?.x ?? 0) + (desk?.width ?? 0))
  expect(second?.x).toBe(first?.x)
})

test('the lines between services and the desk are level', () => {
  const { links } = show(samples.demo())
  expect(links.filter(({ points }) => points.length === 2).length).toBeGreaterThanOrEqual(3)
})

describe('what is there stays where it is', () => {
  /** The boxes that two pictures share, where they are in each. */
  function shared(before: Picture, after: Picture): [Box, Box][] {
    const boxes = boxesOf(after)
    return before.nodes.flatMap(({ node, box }): [Box, Box][] => {
      const then = boxes.get(node.id)
      return then && node.kind !== 'absent' ? [[box, then]] : []
    })
  }

  test('when a third worker comes, and when it goes', () => {
    const stage = settling()
    const [two, three, again] = [2, 3, 2].map((workers) => show(samples.demo(workers), ROOM, stage)) as [
      Picture,
      Picture,
      Picture,
    ]
    expect(shared(two, three)).toHaveLength(5)
    for (const [before, after] of [...shared(two, three), ...shared(three, again)]) expect(after).toEqual(before)
  })

  test('when all workers go and come', () => {
    const stage = settling()
    const [two, none, again] = [2, 0, 2].map((workers) => show(samples.demo(workers), ROOM, stage)) as [
      Picture,
      Picture,
      Picture,
    ]
    for (const [before, after] of [...shared(two, none), ...shared(none, again)]) expect(after).toEqual(before)
  })

  test('when a subscriber comes and goes', () => {
    const stage = settling()
    const before = show(samples.demo(), ROOM, stage)
    const more = samples.demo()
    const [, tickz] = more.cast.processes
    const watch = { ...more.cast.processes[1], id: 'f'.repeat(16), role: 'watch', sockets: [] }
    const socket = { ...(tickz?.sockets[0] ?? {}), key: `${watch.id}/ticks`, type: 'SUB', bound: [] }
    const process = { ...watch, sockets: [socket] } as (typeof more.cast.processes)[number]
    const line = { from: socket.key, to: tickz?.sockets[0]?.key ?? '', phase: 'up', count: 1 } as const
    const cast = { ...more.cast, processes: [...more.cast.processes, process], lines: [...more.cast.lines, line] }
    const during = stage.show(cast, ROOM, new Set()).picture
    expect(boxesOf(during).get(watch.id)?.x).toBe(boxesOf(before).get(more.cast.processes[0]?.id ?? '')?.x)
    for (const [was, is] of shared(before, during)) expect(is).toEqual(was)
    for (const [was, is] of shared(before, show(samples.demo(), ROOM, stage))) expect(is).toEqual(was)
  })

  test('when any one of twenty goes', { timeout: 30_000 }, () => {
    const whole = samples.twenty()
    for (const { id } of whole.cast.processes) {
      const stage = settling()
      const before = show(whole, ROOM, stage)
      const cast = {
        ...whole.cast,
        processes: whole.cast.processes.filter((process) => process.id !== id),
        lines: whole.cast.lines.filter(({ from, to }) => !from.startsWith(id) && !to.startsWith(id)),
      }
      const after = boxesOf(stage.show(cast, ROOM, new Set()).picture)
      for (const { node, box } of before.nodes) {
        const then = after.get(node.id)
        if (then) expect([then.y, node.id]).toEqual([box.y, node.id])
      }
    }
  })
})

test('processes that start together get their columns from all of their lines, in whatever order those come', () => {
  const casting = new samples.Casting()
  const [control, results, orders] = ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2', 'tcp://127.0.0.1:3'] as const
  casting.process('reduce', 'reduce', [
    { name: 'control', type: 'XPUB', bind: control },
    { name: 'results', type: 'PULL', bind: results },
  ])
  casting.process('worker', 'worker', [
    { name: 'orders', type: 'PULL', connect: [orders] },
    { name: 'results', type: 'PUSH', connect: [results] },
    { name: 'control', type: 'SUB', connect: [control] },
  ])
  casting.process('source', 'source', [
    { name: 'orders', type: 'PUSH', bind: orders },
    { name: 'control', type: 'SUB', connect: [control] },
  ])
  const { cast } = casting.end()
  for (const first of cast.lines) {
    const stage = new Stage(() => 0)
    for (const lines of [[], [first]]) stage.show({ ...cast, lines }, ROOM, new Set())
    const boxes = boxesOf(stage.show(cast, ROOM, new Set()).picture)
    const [reduce, worker, source] = cast.processes.map(({ id }) => boxes.get(id)?.x ?? NaN)
    expect(reduce).toBeLessThan(source ?? NaN)
    expect(source).toBeLessThan(worker ?? NaN)
  }
})

test('a process that is shown before it is connected gets its place from its first line', () => {
  const whole = samples.three()
  const last = whole.cast.processes.at(-1)?.id ?? ''
  const begun = {
    ...whole.cast,
    lines: whole.cast.lines.filter(({ from, to }) => !from.startsWith(last) && !to.startsWith(last)),
  }
  const stage = settling()
  const [before, during, after] = [begun, whole.cast, begun].map((cast) =>
    boxesOf(stage.show(cast, ROOM, new Set()).picture),
  )
  const columns = (boxes?: Map<string, Box>) => [...(boxes?.values() ?? [])].map(({ x }) => x)
  expect(new Set(columns(before)).size).toBe(2)
  expect(new Set(columns(during)).size).toBe(3)
  // It moves once: the end of a line is no reason to leave.
  expect(new Set(columns(after)).size).toBe(3)
})

test('a change of states alone keeps the picture, and shows them', () => {
  const stage = settling()
  const { cast } = samples.three()
  const before = stage.show(cast, ROOM, new Set()).picture
  const lines = cast.lines.map((line) => ({ ...line, phase: 'retrying' as const }))
  const processes = cast.processes.map((process) => ({ ...process, presence: 'silent' as const }))
  const after = stage.show({ ...cast, lines, processes }, ROOM, new Set()).picture
  expect(after.links.map(({ link, points }) => [link.phase, points])).toEqual(
    before.links.map(({ points }) => ['retrying', points]),
  )
  expect(after.nodes.map(({ node, box }) => [node.processes[0]?.presence, box])).toEqual(
    before.nodes.map(({ box }) => ['silent', box]),
  )
})

test('equal processes are one box where there is no room for all, until that is opened', () => {
  const stage = settling()
  const sample = samples.sixty()
  const { nodes } = show(sample, ROOM, stage)
  const group = nodes.find(({ node }) => node.kind === 'group' && node.processes[0]?.program === 'cruncher')
  expect(group?.node.processes).toHaveLength(24)
  const open = stage.show(sample.cast, ROOM, new Set([Stage.groupOf(group?.node.id ?? '')]))
  expect(open.picture.nodes.filter(({ node }) => node.processes[0]?.program === 'cruncher')).toHaveLength(24)
})

test('a cast without processes has no boxes', () => {
  expect(settling().show(samples.NO_PROCESS, ROOM, new Set()).picture.nodes).toEqual([])
})

import { describe, expect, test } from 'vitest'
import type { Label } from './labels'
import type { Picture } from './layout'
import type { Point } from './path'
import type { Room } from './room'
import * as samples from './samples'
import { Stage } from './scene'

const ROOM: Room = { width: 574, height: 430, em: 14 }
/** The radius of the dot of a single message, in em. */
const DOT = 0.5
/** From the middle of a figure to the edge of its digits, in em. */
const DIGIT = 0.36

function show(cast: samples.Casting | samples.Sample): Picture {
  const { cast: view } = 'end' in cast ? cast.end() : cast
  return new Stage().show(view, ROOM, new Set()).picture
}

/** The left and the right edge of a figure of six letters. */
function edgesOf({ x, anchor }: Label): [number, number] {
  const width = 3.6 * ROOM.em
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2
  return [left, left + width]
}

/** Where the last of its words below its line ends. */
function endOf({ y, lines }: Label): number {
  return y + (lines === 0 ? 0 : 1.3 + 1.2 * (lines - 1)) * ROOM.em
}

function segmentsOf({ links }: Picture): [Point, Point][] {
  return links.flatMap(({ points }) => points.slice(1).map((to, index): [Point, Point] => [points[index] ?? to, to]))
}

/** Lines that come nearer to the digits of a figure than some room, in em. */
function touching(picture: Picture, label: Label, upright: boolean, room = 0): [Point, Point][] {
  const [left, right] = edgesOf(label)
  const y = label.y - label.rise
  const reach = (DIGIT + room) * ROOM.em
  const [top, bottom] = [y - reach, y + reach]
  return segmentsOf(picture).filter(
    ([from, to]) =>
      (from.x === to.x) === upright &&
      Math.min(from.x, to.x) < right &&
      Math.max(from.x, to.x) > left &&
      Math.min(from.y, to.y) < bottom &&
      Math.max(from.y, to.y) > top,
  )
}

describe.each(Object.entries({ demo: samples.demo(), three: samples.three(), eight: samples.eight() }))(
  'the figures of %s',
  (_, sample) => {
    const picture = show(sample)

    test('are above the dots of their lines, and never on a line if there is room', () => {
      expect(picture.labels.length).toBeGreaterThan(0)
      for (const label of picture.labels) {
        const [left, right] = edgesOf(label)
        const isNear = (y: number) => y < label.y - 1 && y > label.y - 1.9 * ROOM.em
        const near = segmentsOf(picture).filter(
          ([from, to]) =>
            from.y === to.y && isNear(from.y) && Math.min(from.x, to.x) < right && Math.max(from.x, to.x) > left,
        )
        if (near.length === 0) expect(touching(picture, label, false, DOT), label.port.key).toEqual([])
        else if (!label.inline) expect(touching(picture, label, false, 0), label.port.key).toEqual([])
      }
    })

    test('are inside the picture', () => {
      for (const [left, right] of picture.labels.map(edgesOf)) {
        expect(left).toBeGreaterThanOrEqual(0)
        expect(right).toBeLessThanOrEqual(picture.width)
      }
    })
  },
)

test('a line that turns back to the column of its beginning has room for its words between it and the boxes', () => {
  const cast = new samples.Casting()
  const [control, results, orders] = ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2', 'ipc:///tmp/orders']
  cast.process('valuz', 'reduce', [
    { name: 'control', type: 'XPUB', bind: control },
    { name: 'results', type: 'PULL', bind: results },
  ])
  cast.process('valuz', 'source', [
    { name: 'control', type: 'SUB', connect: [control] },
    { name: 'orders', type: 'PUSH', bind: orders },
  ])
  cast.process('valuz', 'worker', [
    { name: 'orders', type: 'PULL', connect: [orders] },
    { name: 'results', type: 'PUSH', connect: [results] },
    { name: 'control', type: 'SUB', connect: [control] },
  ])
  const picture = show(cast)
  const isOrders = ({ link }: (typeof picture.links)[number]) => link.from.endsWith('/orders')
  const line = picture.links.find(isOrders)
  const label = picture.labels.find(({ port }) => port.key === line?.link.from || port.key === line?.link.to)
  if (!line || !label) throw new Error('no label')
  expect(line.points).toHaveLength(4)
  expect(label.width).toBeGreaterThanOrEqual(4 * ROOM.em)
  expect(touching(picture, label, true)).toEqual([])
})

test.each([2, 3, 4, 5, 6, 7, 8])('the words of the last of %i lines end in the picture', (count) => {
  const cast = new samples.Casting()
  const broker = 'tcp://127.0.0.1:1'
  for (let client = 0; client < count; client++) {
    const id = cast.process('client', String(client), [{ name: 'dealer', type: 'DEALER', connect: [broker] }])
    cast.stranger(id, 'dealer', broker, null)
  }
  const picture = show(cast)
  const last = picture.labels.toSorted((a, b) => a.y - b.y).at(-1)
  if (!last) throw new Error('no label')
  if (!last.inline) expect(endOf(last)).toBeLessThanOrEqual(picture.height)
})

test('the figure of a level line is next to the upright line that crosses it', () => {
  const cast = new samples.Casting()
  const [many, one] = ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2']
  cast.process('grace', '', [{ name: 'dealer', type: 'DEALER', connect: [many] }])
  cast.process('worker', '', [{ name: 'req', type: 'REQ', connect: [one] }])
  cast.process('impostor', '', [{ name: 'dealer', type: 'DEALER', connect: [many] }])
  cast.process('queue', '', [
    { name: 'clients', type: 'ROUTER', bind: many },
    { name: 'workers', type: 'ROUTER', bind: one },
  ])
  const picture = show(cast)
  const level = picture.links.find(({ link }) => link.from.endsWith('/req'))
  const label = picture.labels.find(({ port }) => port.key === level?.link.from || port.key === level?.link.to)
  if (!level || !label) throw new Error('no label')
  expect(level.points).toHaveLength(2)
  const crossing = segmentsOf(picture).filter(
    ([from, to]) => from.x === to.x && Math.min(from.y, to.y) < label.y && Math.max(from.y, to.y) > label.y,
  )
  expect(crossing.length).toBeGreaterThan(0)
  expect(touching(picture, label, true)).toEqual([])
})

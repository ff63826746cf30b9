import { expect, test } from 'vitest'
import { cutOf, elapsedMs, lagMs, lagWords, partsOf, plannedAt, sceneAfter, talkTime } from './plan'
import { NO_SCENES, NO_STAGE } from './stage'

const part = (scene: string, minutes: number) => ({ scene, minutes })
const scenes = {
  ...NO_SCENES,
  folder: ['ping', 'joiner', 'fail', 'pair'].map((name) => ({ name, title: name.toUpperCase(), recorded: false })),
  cuts: [
    { minutes: 10, parts: [part('joiner', 4)] },
    { minutes: 30, parts: [part('ping', 5), part('joiner', 6), part('fail', 8)] },
  ],
  startedMs: 1_000_000,
}
const cue = { title: '', text: '', notes: '' }
const open = { name: 'joiner', title: 'JOINER', idea: '', cues: [cue, cue, cue] }

test('the longest cut is played unless another one is chosen', () => {
  expect(cutOf(scenes, null)?.minutes).toBe(30)
  expect(cutOf(scenes, 10)?.minutes).toBe(10)
  expect(cutOf(scenes, 11)?.minutes).toBe(30)
  expect(cutOf(NO_SCENES, 10)).toBeNull()
})

test('the scene that follows is that of the cut; without a talk, that of the folder', () => {
  const cut = cutOf(scenes, null)
  const begun = { ...scenes, startedMs: 1 }
  expect([null, 'ping', 'fail', 'pair'].map((name) => sceneAfter(begun, cut, name))).toEqual([
    'ping',
    'joiner',
    null,
    null,
  ])
  expect(sceneAfter({ ...scenes, startedMs: null }, cut, 'pair')).toBe('ping')
  expect(sceneAfter(scenes, null, 'fail')).toBe('pair')
  expect(sceneAfter(NO_SCENES, null, null)).toBeNull()
})

test('parts follow each other', () => {
  expect(partsOf(scenes, cutOf(scenes, null)).map(({ title, fromMs }) => [title, fromMs / 60_000])).toEqual([
    ['PING', 0],
    ['JOINER', 5],
    ['FAIL', 11],
  ])
  expect(plannedAt(partsOf(scenes, cutOf(scenes, null)), 5 * 60_000)?.scene).toBe('joiner')
  expect(plannedAt(partsOf(scenes, cutOf(scenes, null)), 19 * 60_000)).toBeNull()
})

test('a cue is on time within its share of the scene, early before it and late after it', () => {
  const cut = cutOf(scenes, null)
  const lag = (minutes: number, cue: number) =>
    lagMs({ ...scenes, open }, cut, { ...NO_STAGE, cue }, 1_000_000 + minutes * 60_000)
  // The second of three cues has the minutes 7 to 9.
  expect([4, 7, 8.5, 9, 12].map((minutes) => (lag(minutes, 1) ?? NaN) / 60_000)).toEqual([-3, 0, 0, 0, 3])
  expect(lagMs(scenes, cut, NO_STAGE, 2_000_000)).toBeNull()
  expect(lagMs({ ...scenes, open, startedMs: null }, cut, NO_STAGE, 2_000_000)).toBeNull()
  expect(lagMs({ ...scenes, open: { ...open, name: 'pair' } }, cut, NO_STAGE, 2_000_000)).toBeNull()
})

test('being late is said in minutes', () => {
  expect([0, 29_000, 31_000, 120_000, -61_000].map(lagWords)).toEqual([
    'on time',
    'on time',
    '1 min behind',
    '2 min behind',
    '1 min ahead',
  ])
  expect(elapsedMs(scenes, 900_000)).toBe(0)
  expect([0, 65_400, 3_750_000].map(talkTime)).toEqual(['0:00', '1:05', '1:02:30'])
})

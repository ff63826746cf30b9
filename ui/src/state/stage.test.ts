import { expect, test } from 'vitest'
import type { SceneView } from '../generated/SceneView'
import { applyUpdate, EMPTY } from './desk'
import { isQuiet } from './quiet'
import { update } from './sample'
import * as stage from './stage'

const SCENE: SceneView = {
  name: 'slow-joiner',
  title: 'The slow joiner',
  idea: '',
  cues: ['Prices flow', 'A late joiner', 'Wait', 'Nothing is missed'].map((title) => ({ title, text: '', notes: '' })),
}
const at = (cue: number, changes: object = {}) => ({ ...stage.NO_STAGE, cue, target: cue, ...changes })

test('the count of a cue has its state as a sign, and where the scene plays to', () => {
  expect(stage.cueCount(SCENE, at(1, { progress: 'met' }))).toBe('2/4 ✓')
  expect(stage.cueCount(SCENE, at(0, { target: 2, progress: 'acting' }))).toBe('1/4 ▸ plays to 3')
  expect(stage.heardScene(SCENE, at(1, { progress: 'open' }))).toBe(
    'The slow joiner, cue 2 of 4: A late joiner, waiting.',
  )
  expect(stage.heardScene(SCENE, at(7))).toBe('')
})

test('a scene that waits for its peers has not acted, and counts the seconds', () => {
  const building = { what: 'building the worker in Haskell', sinceMs: 10_000 }
  expect([9_000, 10_999, 22_000].map((now) => stage.buildingWords(building, now))).toEqual([
    'building the worker in Haskell, 0 s',
    'building the worker in Haskell, 0 s',
    'building the worker in Haskell, 12 s',
  ])
  expect(stage.hasActed(at(0, { progress: 'building', building }))).toBe(false)
  expect(stage.heardScene(SCENE, at(0, { progress: 'building', building }))).toMatch(/preparing\.$/)
})

test('no two states of an expectation look the same in sign and word', () => {
  const all = (['waiting', 'holding', 'met', 'failed', 'broken'] as const).map(stage.checkSign)
  expect(new Set(all.map(({ mark, word }) => mark + word)).size).toBe(5)
  expect(all.map(({ look }) => look)).toEqual(['plain', 'plain', 'good', 'bad', 'bad'])
})

test('cues are done, now, played to by themselves, or later', () => {
  const places = SCENE.cues.map((_, index) => stage.cuePlace(index, at(1, { target: 2 })))
  expect(places).toEqual(['done', 'now', 'coming', 'later'])
  expect(stage.isLast(SCENE, at(2))).toBe(false)
  expect(stage.isLast(SCENE, at(2, { target: 3 }))).toBe(true)
  expect(stage.hasActed(at(3, { progress: 'acting' }))).toBe(false)
})

test('a fault counts down in whole seconds, and never below none', () => {
  const fault = { on: 'late.ticks', fault: 'latency 200ms', endsMs: 10_000 }
  expect(stage.faultWords(fault)).toBe('late.ticks: latency 200ms')
  expect([1_000, 9_001, 9_999, 12_000].map((now) => stage.leftWords(fault, now))).toEqual([
    '9 s left',
    '1 s left',
    '1 s left',
    '0 s left',
  ])
})

test('an actor is found by its process id, on this machine', () => {
  const actors = [{ name: 'late', isLink: false, pid: 7, life: 'running' as const }]
  expect(stage.actorOf(at(0, { actors }), { pid: 7, host: 'here' }, 'here')?.name).toBe('late')
  expect(stage.actorOf(at(0, { actors }), { pid: 7, host: 'there' }, 'here')).toBeNull()
  expect(stage.actorOf(at(0, { actors }), { pid: 8, host: 'here' }, 'here')).toBeNull()
})

test('what an update does not say of the stage stays; a snapshot replaces it', () => {
  const open = { ...stage.NO_SCENES, open: SCENE }
  const desk = applyUpdate(EMPTY, update({ scenes: open, stage: at(1) }))
  const after = applyUpdate(desk, update({ stage: at(2) }))
  expect([after.scenes, after.stage.cue]).toEqual([open, 2])
  expect(applyUpdate(after, update({ snapshot: true })).scenes.open).toBeNull()
})

test('an expectation that sees another number is drawn with the tick of the second, its state at once', () => {
  const check = { sentence: 'late.lost = 0, is 0', status: 'waiting' as const }
  const desk = applyUpdate(EMPTY, update({ stage: at(1, { checks: [check] }) }))
  const says = (changes: object) => update({ stage: at(1, { checks: [{ ...check, ...changes }] }) })
  expect(isQuiet(desk, says({ sentence: 'late.lost = 0, is 3' }))).toBe(true)
  expect(isQuiet(desk, says({ status: 'met' }))).toBe(false)
  expect(isQuiet(desk, update({ stage: at(2, { checks: [check] }) }))).toBe(false)
})

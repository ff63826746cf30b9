import { describe, expect, test } from 'vitest'
import * as samples from './samples'
import { Stage } from './scene'

const ROOM = { width: 704, height: 444, em: 14 }
const SAMPLES = {
  demo: samples.demo(),
  three: samples.three(),
  eight: samples.eight(),
  twenty: samples.twenty(),
  sixty: samples.sixty(),
}

describe.each(Object.entries(SAMPLES))('the picture of %s', (_, { cast }) => {
  test('is the same for the same cast', () => {
    const [once, again] = [1, 2].map(() => new Stage().show(cast, ROOM, new Set()).picture)
    expect(once).toEqual(again)
  })
})

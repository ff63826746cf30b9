import { expect, test } from 'vitest'
import type { LanguageState } from '../../generated/LanguageState'
import type { ValuzView } from '../../generated/ValuzView'
import { worker } from '../../state/sample'
import { crewsOf, isAsking, missingOf } from './languages'

function valuz(states: Record<string, [number, LanguageState]>, workers: ValuzView['workers'] = []): ValuzView {
  return {
    state: { is: 'ready' },
    batch: null,
    workers,
    nameless: 0,
    wanted: 0,
    languages: Object.entries(states).map(([id, [wanted, state]]) => ({ id, name: id.toUpperCase(), wanted, state })),
    recommended: [],
    countMax: 1,
    pace: { is: 'max' },
  }
}

const present: LanguageState = { is: 'present' }
const ids = (view: ValuzView, isOpen: boolean) => crewsOf(view, isOpen).map(({ id }) => id)

test('a language has a row if it has workers or has failed, and if the list is open', () => {
  const view = valuz({
    rust: [0, present],
    go: [0, present],
    python: [1, present],
    haskell: [1, { is: 'building' }],
    java: [0, { is: 'failed', reason: 'no' }],
    perl: [0, { is: 'missing' }],
    c: [0, { is: 'unknown' }],
  })
  expect(ids(view, false)).toEqual(['rust', 'python', 'haskell', 'java'])
  expect(ids(view, true)).toEqual(['rust', 'go', 'python', 'haskell', 'java'])
})

test('the rate of a language is that of all its workers', () => {
  const at = (pid: number, language: string, perSecond: number) => ({ ...worker(pid), language, perSecond })
  const workers = [at(1, 'rust', 5), at(2, 'go', 3), at(3, 'go', 4), { ...at(4, 'go', 9), state: 'gone' as const }]
  const rates = crewsOf(valuz({ rust: [1, present], go: [0, { is: 'unknown' }] }, workers), false)
  expect(rates.map(({ id, perSecond, connected }) => [id, perSecond, connected])).toEqual([
    ['rust', 5, 1],
    ['go', 7, 2],
  ])
})

test('what is missing is named with the command that installs it', () => {
  const view = valuz({ rust: [0, present], perl: [0, { is: 'missing' }], php: [0, { is: 'missing' }] })
  expect(missingOf(view)).toEqual({ names: 'PERL, PHP', command: 'just setup perl php' })
  expect([isAsking(view), missingOf(valuz({ rust: [0, present] }))]).toEqual([false, null])
  expect(isAsking(valuz({ c: [0, { is: 'unknown' }] }))).toBe(true)
})

import { expect, test } from 'vitest'
import type { ValuzView } from '../generated/ValuzView'
import { awaitsStep, PACES, pacedBy, paceOf, paceText, paceWords } from './pace'

test('paces go from full speed to one at a key, and stop at both ends', () => {
  const slower = PACES.map((pace) => paceText(pacedBy(pace, 'slower')))
  expect(slower).toEqual(['100', '5', '1', 'step', 'step'])
  expect(PACES.map((pace) => paceText(pacedBy(pace, 'faster')))).toEqual(['max', 'max', '100', '5', '1'])
  expect(pacedBy({ is: 'rate', perSecond: 20 }, 'faster')).toEqual({ is: 'rate', perSecond: 100 })
  expect(pacedBy({ is: 'rate', perSecond: 0.5 }, 'slower')).toEqual({ is: 'step' })
  expect(paceWords({ is: 'rate', perSecond: 0.5 })).toBe('0.5 a second')
})

test('a desk of an older version runs at full speed', () => {
  expect(paceOf(null)).toEqual({ is: 'max' })
  expect(paceOf({} as ValuzView)).toEqual({ is: 'max' })
  expect(awaitsStep({ pace: { is: 'step' }, batch: { phase: { is: 'complete' } } } as ValuzView)).toBe(false)
  expect(awaitsStep({ pace: { is: 'step' }, batch: { phase: { is: 'running' } } } as ValuzView)).toBe(true)
})

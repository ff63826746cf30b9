// How fast the orders of a batch leave: the paces that the page offers, from the fastest to one at each press of a key.

import type { BatchPace } from '../generated/BatchPace'
import type { ValuzView } from '../generated/ValuzView'

export const PACES: readonly BatchPace[] = [
  { is: 'max' },
  { is: 'rate', perSecond: 100 },
  { is: 'rate', perSecond: 5 },
  { is: 'rate', perSecond: 1 },
  { is: 'step' },
]

/** The pace of a desk; recordings of older versions have none. */
export function paceOf(valuz: ValuzView | null): BatchPace {
  return valuz?.pace ?? { is: 'max' }
}

export function paceWords(pace: BatchPace): string {
  switch (pace.is) {
    case 'max':
      return 'at full speed'
    case 'rate':
      return `${pace.perSecond} a second`
    case 'step':
      return 'one by one (n)'
  }
}

/** A pace as the value of a field. */
export function paceText(pace: BatchPace): string {
  return pace.is === 'rate' ? String(pace.perSecond) : pace.is
}

/** The next pace that is slower or faster, or the one at the end. */
export function pacedBy(pace: BatchPace, direction: 'slower' | 'faster'): BatchPace {
  const speed = speedOf(pace)
  const next =
    direction === 'slower'
      ? PACES.find((each) => speedOf(each) < speed)
      : PACES.findLast((each) => speedOf(each) > speed)
  return next ?? pace
}

/** Whether a batch waits for its orders to be let go one by one. */
export function awaitsStep(valuz: ValuzView | null): boolean {
  return paceOf(valuz).is === 'step' && isOpen(valuz)
}

/** Whether a batch waits or runs. */
export function isOpen(valuz: ValuzView | null): boolean {
  const phase = valuz?.batch?.phase.is
  return phase === 'waiting' || phase === 'running'
}

function speedOf(pace: BatchPace): number {
  if (pace.is === 'max') return Infinity
  return pace.is === 'rate' ? pace.perSecond : 0
}

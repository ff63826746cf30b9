// The languages in which dealz runs workers, and how many orders a second each of them values. Pure.

import type { LanguageView } from '../../generated/LanguageView'
import type { ValuzView } from '../../generated/ValuzView'

/** A language and the rate of all its workers, those of other terminals too. */
export interface Crew extends LanguageView {
  perSecond: number
  /** How many workers were counted for the rate. */
  connected: number
}

/**
 * The languages that have a row: Rust, those with workers, and those whose last worker could not start; if the list is open,
 * all that this machine has.
 */
export function crewsOf(valuz: ValuzView, isOpen: boolean): Crew[] {
  const crews = languagesOf(valuz).map((language) => {
    const there = valuz.workers.filter((worker) => worker.language === language.id && worker.state !== 'gone')
    const perSecond = there.reduce((sum, worker) => sum + worker.perSecond, 0)
    return { ...language, perSecond, connected: there.length }
  })
  const isShown = ({ id, wanted, connected, state }: Crew) =>
    id === 'rust' ||
    wanted > 0 ||
    connected > 0 ||
    state.is === 'building' ||
    state.is === 'failed' ||
    (isOpen && state.is === 'present')
  return crews.filter(isShown)
}

/** The languages of a desk; recordings of older versions have Rust alone. */
export function languagesOf(valuz: ValuzView): LanguageView[] {
  return valuz.languages ?? [{ id: 'rust', name: 'Rust', wanted: valuz.wanted, state: { is: 'present' } }]
}

/** Whether this machine has not been asked for all of them yet. */
export function isAsking(valuz: ValuzView): boolean {
  return languagesOf(valuz).some(({ state }) => state.is === 'unknown')
}

/** The languages that this machine does not have, and the command that installs them; none if it has all. */
export function missingOf(valuz: ValuzView): { names: string; command: string } | null {
  const missing = languagesOf(valuz).filter(({ state }) => state.is === 'missing')
  if (missing.length === 0) return null
  const list = missing.map(({ name }) => name).join(', ')
  return { names: list, command: `just setup ${missing.map(({ id }) => id).join(' ')}` }
}

// What was typed into the form of a batch. It outlives the panel, so that another view loses nothing.

import type { ValuationName } from '../../generated/ValuationName'
import type { OrdersFile } from './orders'

export const VALUATIONS: readonly { name: ValuationName; words: string; means: string }[] = [
  { name: 'notional', words: 'notional', means: 'What a position costs: light work.' },
  { name: 'var', words: 'value at risk', means: 'What a position may lose, by Monte Carlo: heavy work.' },
]

export class Form {
  /** None until a number is typed: then it is what dealz recommends. */
  count: string | null = $state(null)
  seed = $state('1')
  valuation: ValuationName = $state('notional')
  file: OrdersFile | null = $state.raw(null)
  /** What is wrong with the file that was chosen last. */
  fileFault = $state('')
  refusal: { field: string; text: string } | null = $state.raw(null)
}

export const form = new Form()

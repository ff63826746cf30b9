// The state of a worker as a mark and a word, the same on the whole page.

import { rate } from '../format'
import type { ValuzView } from '../generated/ValuzView'
import type { WorkerState } from '../generated/WorkerState'
import type { WorkerView } from '../generated/WorkerView'

export const WORKER_STATES: Record<WorkerState, { mark: string; word: string }> = {
  starting: { mark: '○', word: 'starting' },
  ready: { mark: '●', word: 'ready' },
  working: { mark: '▶', word: 'working' },
  suspended: { mark: '‖', word: 'suspended' },
  gone: { mark: '✕', word: 'gone' },
}

/** What a worker does now: its rate while it works, its state otherwise. */
export function workerWords(worker: WorkerView): string {
  return worker.state === 'working' && worker.perSecond > 0 ? rate(worker.perSecond) : WORKER_STATES[worker.state].word
}

/** How many workers are there, with a name or without. */
export function presentWorkers(valuz: ValuzView | null): number {
  if (valuz === null) return 0
  return valuz.workers.filter(({ state }) => state !== 'gone').length + valuz.nameless
}

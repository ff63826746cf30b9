// What can be done to a process in its state, and the words for it. Pure.

import type { ProcessAct } from '../../generated/ProcessAct'
import type { ProcessState } from '../../generated/ProcessState'

export interface Choice {
  act: ProcessAct
  words: string
}

const CHOICES: Record<ProcessState['is'], readonly Choice[]> = {
  running: [
    { act: 'stop', words: 'Stop' },
    { act: 'restart', words: 'Restart' },
    { act: 'suspend', words: 'Suspend' },
    { act: 'kill', words: 'kill -9' },
  ],
  suspended: [
    { act: 'resume', words: 'Resume' },
    { act: 'restart', words: 'Restart' },
    { act: 'kill', words: 'kill -9' },
  ],
  stopping: [{ act: 'kill', words: 'kill -9' }],
  ended: [{ act: 'start', words: 'Start' }],
  elsewhere: [],
}

/** What fits a state, in the order in which it is offered. */
export function choicesOf(state: ProcessState): readonly Choice[] {
  return CHOICES[state.is]
}

/** A state as a mark and words, and whether it is as it should be. */
export function stateLook(state: ProcessState): { mark: string; words: string; look: 'good' | 'bad' | 'plain' } {
  switch (state.is) {
    case 'running':
      return { mark: '●', words: 'running', look: 'good' }
    case 'suspended':
      return { mark: '‖', words: 'suspended by SIGSTOP', look: 'bad' }
    case 'stopping':
      return { mark: '◌', words: 'stopping', look: 'plain' }
    case 'ended':
      if (state.how === '') return { mark: '○', words: 'not started', look: 'plain' }
      return { mark: '✕', words: `ended: ${state.how}`, look: 'bad' }
    case 'elsewhere':
      if (state.suspended) return { mark: '‖', words: `suspended, not started by dealz: ${state.holder}`, look: 'bad' }
      return { mark: '◇', words: `not started by dealz: ${state.holder}`, look: 'plain' }
  }
}

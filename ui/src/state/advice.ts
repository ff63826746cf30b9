// What helps a service that does not answer: it depends on the process behind it.

import type { ProcessAct } from '../generated/ProcessAct'
import type { Desk } from './desk'

export type Service = 'chatz' | 'tickz'

export interface Advice {
  /** What the user can do, as a sentence that may end with a command. */
  text: string
  command?: string
  /** What dealz can do to its process. */
  act?: ProcessAct
}

const COMMANDS: Record<Service, string> = { chatz: 'just chatz serve', tickz: 'just tickz publish' }

export function adviceFor(desk: Desk, service: Service): Advice {
  const state = desk.processes.find(({ id }) => id === service)?.state
  switch (state?.is) {
    case 'running':
    case 'stopping':
      return { text: 'Its process is there: it may still be starting.' }
    case 'suspended':
      return { text: 'Its process is suspended.', act: 'resume' }
    case 'elsewhere':
      if (!state.suspended) return { text: `Its address is held: ${state.holder}.` }
      return { text: `Its process is suspended (${state.holder}). Resume it with`, command: 'kill -CONT PID' }
    case 'ended':
      return { text: 'Start it here, or with', command: COMMANDS[service], act: 'start' }
    case undefined:
      return { text: 'Start it with', command: COMMANDS[service] }
  }
}

// The faults that a button offers, and for how long. Pure.

import type { ActorView } from '../generated/ActorView'

/** A fault in the words of the command, and what it does. */
export interface FaultChoice {
  fault: string
  words: string
}

const OF_LINK: readonly FaultChoice[] = [
  { fault: 'latency 200ms', words: 'Every byte arrives 200 ms later' },
  { fault: 'latency 500ms jitter 100ms', words: 'Every byte arrives 500 ms later, by 100 ms more or less' },
  { fault: 'bandwidth 10000', words: 'At most 10,000 bytes a second' },
  { fault: 'down', words: 'No connection is possible, and present ones end' },
  { fault: 'timeout', words: 'Bytes no longer arrive, and no peer notices: connections are half open' },
  { fault: 'reset', words: 'Connections end with RST' },
  { fault: 'slicer 3', words: 'Bytes arrive in pieces of three' },
]

const OF_PROCESS: readonly FaultChoice[] = [
  { fault: 'slow 50%', words: 'Suspended for half of the time' },
  { fault: 'slow 90%', words: 'Suspended for nine tenths of the time' },
]

/** For how long a fault can be on, as the command has it. */
export const LIMITS = ['5s', '10s', '30s', '60s'] as const

/** The faults that a process or a link can have. */
export function faultsOf({ isLink }: ActorView): readonly FaultChoice[] {
  return isLink ? OF_LINK : OF_PROCESS
}

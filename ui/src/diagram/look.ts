// The look of a line: its form shows the state, its colour the pattern.

import type { SocketView } from '../generated/SocketView'
import type { WorkerState } from '../generated/WorkerState'
import { isGone } from '../state/status'

/**
 * Solid: up. Long dashes: connecting. Dash and dot: handshake in progress. Dots: retrying. A bar across: refused.
 * Hollow: silent. Faint: bound, with no peer.
 */
export type Look = 'solid' | 'dashes' | 'dashdot' | 'dots' | 'bar' | 'hollow' | 'faint'

export function lookOf(socket: SocketView | undefined): Look {
  switch (socket?.state.is) {
    case 'up':
      return 'solid'
    case 'connecting':
      // Between two attempts it would flicker.
      return isGone(socket) ? 'dots' : 'dashes'
    case 'handshaking':
      return 'dashdot'
    case 'retrying':
      return 'dots'
    case 'refused':
    case 'failed':
      return 'bar'
    case 'stale':
      return 'hollow'
    case 'listening':
    case 'off':
    case undefined:
      return 'faint'
  }
}

/** The look of the three lines to a worker. */
export function workerLook(state: WorkerState): Look {
  switch (state) {
    case 'starting':
      return 'dashes'
    case 'ready':
    case 'working':
      return 'solid'
    case 'suspended':
      return 'hollow'
    case 'gone':
      return 'dots'
  }
}

/** What the legend says of the forms. */
export const LEGEND: readonly { look: Look; words: string }[] = [
  { look: 'solid', words: 'up' },
  { look: 'dashes', words: 'connecting' },
  { look: 'dots', words: 'retrying' },
  { look: 'bar', words: 'refused' },
  { look: 'hollow', words: 'silent' },
  { look: 'faint', words: 'no peer' },
]

/** How thick a line is, as a factor: more for more traffic, so that it can be seen from afar. */
export function weight(perSecond: number): number {
  if (perSecond >= 1000) return 1.7
  return perSecond >= 100 ? 1.35 : 1
}

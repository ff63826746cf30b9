// What pulses in the diagram for some seconds: processes, or sockets. Pure.

import type { HighlightView } from '../generated/HighlightView'

export const NO_HIGHLIGHT: HighlightView = { processes: [], sockets: [] }

/** Whether one of these processes pulses. */
export function processPulses({ processes }: HighlightView, all: readonly { readonly id: string }[]): boolean {
  return processes.length > 0 && all.some(({ id }) => processes.includes(id))
}

/** Whether one of these sockets pulses. */
export function socketPulses({ sockets }: HighlightView, all: readonly { readonly key: string }[]): boolean {
  return sockets.length > 0 && all.some(({ key }) => sockets.includes(key))
}

/** The same where sockets stand for their processes too. */
export function rowPulses(highlight: HighlightView, all: readonly { readonly key: string }[]): boolean {
  return socketPulses(highlight, all) || all.some(({ key }) => highlight.processes.includes(key.split('/')[0] ?? ''))
}

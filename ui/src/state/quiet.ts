// Whether an update is worth a separate drawing. Pure.

import type { CastView } from '../generated/CastView'
import type { ProcessCounts } from '../generated/ProcessCounts'
import type { SocketView } from '../generated/SocketView'
import type { StageView } from '../generated/StageView'
import type { Update } from '../generated/Update'
import type { Desk } from './desk'

/**
 * Whether an update only counts on what is shown already, such as the attempts of a retry: that is worth drawing once a
 * second, not as often as it comes.
 */
export function isQuiet(desk: Desk, update: Update): boolean {
  const { snapshot, tickz, chatz, valuz, processes, audience, view, highlight, scenes, stage, points, lines, states } =
    update
  if (snapshot || tickz || chatz || valuz || processes || view || highlight || scenes || audience !== null) return false
  if (points.length + lines.length + states.length > 0) return false
  const newest = desk.events.at(-1)?.id ?? -1
  return (
    update.events.every(({ id }) => id <= newest) &&
    update.counts.every((counts) => isCalm(desk.counts.get(counts.process), counts)) &&
    (update.cast === null || isStill(desk.cast, update.cast)) &&
    (!stage || isSameButWords(desk.stage, stage))
  )
}

/** Whether no message has come or gone. */
function isCalm(before: ProcessCounts | undefined, after: ProcessCounts): boolean {
  return (
    before !== undefined &&
    before.sockets.length === after.sockets.length &&
    after.sockets.every((socket, index) => {
      const was = before.sockets[index]
      return was?.received === socket.received && was.sent === socket.sent
    })
  )
}

/** Whether nothing has changed but what the expectations have seen. */
function isSameButWords(before: StageView, after: StageView): boolean {
  const wordless = ({ checks, ...rest }: StageView) => JSON.stringify([rest, checks.map(({ status }) => status)])
  return wordless(before) === wordless(after)
}

/** Whether all are there that were, in the states that they had. */
function isStill(before: CastView, after: CastView): boolean {
  return (
    before.fault === after.fault &&
    before.strangers.length === after.strangers.length &&
    before.lines.length === after.lines.length &&
    before.processes.length === after.processes.length &&
    after.processes.every((process, index) => {
      const was = before.processes[index]
      return (
        was?.id === process.id &&
        was.presence === process.presence &&
        was.sockets.length === process.sockets.length &&
        process.sockets.every((socket, place) => hasStayed(was.sockets[place], socket))
      )
    })
  )
}

function hasStayed(before: SocketView | undefined, after: SocketView): boolean {
  if (before?.key !== after.key || before.peers !== after.peers) return false
  const tries = (is: SocketView['state']['is']) => is === 'connecting' || is === 'retrying'
  return before.state.is === after.state.is || (tries(before.state.is) && tries(after.state.is))
}

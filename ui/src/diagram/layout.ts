// The place of everything in the diagram: laid out by hand for the known cast, so that nothing jumps.
//
// chatz and tickz are left, dealz in the middle, workers right. The lines on the left are level. On the right each
// of dealz's three sockets has a rail from which a branch goes to every worker: lines cross at right angles only.

import type { SocketId } from '../generated/SocketId'
import type { Box, Point } from './path'

/**
 * How a worker is drawn, by the height that there is for it: with a title above its sockets, with the title next to
 * them, or as one line whose sockets have no names.
 */
export type WorkerForm = 'roomy' | 'snug' | 'line'
/** The least height of a form, in em. */
const ROOMY = 7.4
const SNUG = 3.5
/** The sockets of dealz that bind, from the top. */
export const BOUND = ['valuz.push', 'valuz.pull', 'valuz.pub'] as const
export type BoundId = (typeof BOUND)[number]
/** The sockets of dealz that connect, from the top. */
export const CONNECTED = ['chatz.req', 'chatz.sub', 'tickz.sub'] as const
export type ConnectedId = (typeof CONNECTED)[number]

export interface WorkerPlace {
  box: Box
  /** The worker's socket at the other end of each of dealz's. */
  ports: Record<BoundId, Box>
  /** From the rail to that socket. */
  branches: Record<BoundId, Point[]>
  /** From dealz's socket all the way to that socket. */
  routes: Record<BoundId, Point[]>
}

export interface Layout {
  /** What the drawing needs. If that is more than it was given, it is shown smaller. */
  width: number
  height: number
  chatz: Box
  tickz: Box
  dealz: Box
  own: Record<SocketId, Box>
  /** The service's socket at the other end of each that connects. */
  remote: Record<ConnectedId, Box>
  monitors: Box
  /** From a service's socket to dealz's. */
  lines: Record<ConnectedId, Point[]>
  /** From dealz's socket to its rail. */
  trunks: Record<BoundId, Point[]>
  /** The rails, from the first branch to the last; empty while there is no worker. */
  rails: Record<BoundId, Point[]>
  workers: WorkerPlace[]
  /** The place for workers, while there is none. */
  workersArea: Box
  form: WorkerForm
  legend: Box
}

/** Widths in em: the least, the usual, and how much of the rest each takes. */
const COLUMNS = {
  services: { min: 6.3, usual: 6.4, takes: 0.08 },
  wires: { min: 6.6, usual: 9.2, takes: 0.3 },
  dealz: { min: 13.4, usual: 15, takes: 0.22 },
  rails: { min: 7.4, usual: 8.2, takes: 0.22 },
  workers: { min: 10.2, usual: 11.2, takes: 0.18 },
}
const HEIGHT_MIN = 24
const PAD = 0.8
const TITLE = 2.1
const SOCKET = 1.9
const OWN_WIDTH = 3.8
/** The width of a worker's socket with its title next to it. */
const SNUG_WIDTH = 3.2
const RAIL_STEP = 0.95

/** The layout for a space in pixels, with type of a size in pixels and a number of workers. */
export function layout(width: number, height: number, em: number, workerCount: number): Layout {
  const columns = spread(Math.max(width / em, total('min')))
  const tall = Math.max(height, HEIGHT_MIN * em)
  const wide = Math.max(width, total('min') * em)
  const [services, wires, middle, railsWidth, workersWidth] = columns.map((column) => column * em) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const [pad, title, socket] = [PAD * em, TITLE * em, SOCKET * em]

  // The rows of the left side share what is left of the height; what is below them is for the legend.
  const fixed = 2 * title + 3 * socket + 2 * pad + 1.2 * em
  const room = tall - fixed - 5.6 * em
  const pitch = socket + Math.min(room * 0.42, 5.2 * em)
  const between = Math.max(1.2 * em, Math.min(room * 0.3, 4 * em))
  const reqY = title + socket / 2
  const subY = reqY + pitch
  const chatz = { x: 0, y: 0, width: services, height: subY + socket / 2 + pad }
  const tickzTop = chatz.height + between
  const ticksY = tickzTop + title + socket / 2
  const tickz = { x: 0, y: tickzTop, width: services, height: title + socket + pad }
  const rows: Record<ConnectedId, number> = { 'chatz.req': reqY, 'chatz.sub': subY, 'tickz.sub': ticksY }

  const dealz = { x: services + wires, y: 0, width: middle, height: tall - 1 }
  const ownWidth = OWN_WIDTH * em
  const left = dealz.x + pad
  const right = dealz.x + dealz.width - pad - ownWidth
  const workersX = dealz.x + middle + railsWidth
  const workersArea = { x: workersX, y: 0, width: workersWidth - 1, height: tall - 1 }
  const { form, workers } = placeWorkers(workersArea, em, workerCount)
  const boundY = (index: number) => {
    const firstPort = workers[0] && form === 'roomy' ? middleY(workers[0].ports['valuz.push']) : reqY
    // The first trunk is level with the first worker, so that nothing steps by a pixel or two.
    const y = index === 0 ? firstPort : reqY + ((tall - reqY - title) * index) / 2.35
    return clearOf(
      y,
      workers.flatMap(({ ports }) => BOUND.slice(index + 1).map((id) => middleY(ports[id]))),
      em,
    )
  }
  const own = {} as Layout['own']
  const remote = {} as Layout['remote']
  const lines = {} as Layout['lines']
  for (const id of CONNECTED) {
    own[id] = { x: left, y: rows[id] - socket / 2, width: ownWidth, height: socket }
    remote[id] = { x: pad, y: rows[id] - socket / 2, width: services - 2 * pad, height: socket }
    lines[id] = [
      { x: services - pad, y: rows[id] },
      { x: left, y: rows[id] },
    ]
  }
  BOUND.forEach((id, index) => {
    own[id] = { x: right, y: boundY(index) - socket / 2, width: ownWidth, height: socket }
  })
  const pairWidth = Math.min(3.6 * em, right - left - ownWidth - em)
  const monitors = {
    x: (left + right + ownWidth - pairWidth) / 2,
    y: reqY - socket / 2,
    width: pairWidth,
    height: Math.max(boundY(2), ticksY) - reqY + socket,
  }

  const trunks = {} as Layout['trunks']
  const rails = {} as Layout['rails']
  BOUND.forEach((id, index) => {
    const from = { x: right + ownWidth, y: boundY(index) }
    // The first rail from the top is the one nearest to the workers.
    const joint = { x: workersX - (0.9 + index * RAIL_STEP) * em, y: from.y }
    const ends = workers.map((worker) => middleY(worker.ports[id]))
    trunks[id] = [from, joint]
    rails[id] =
      workers.length === 0
        ? []
        : [
            { x: joint.x, y: Math.min(from.y, ...ends) },
            { x: joint.x, y: Math.max(from.y, ...ends) },
          ]
    for (const worker of workers) {
      const port = worker.ports[id]
      const to = { x: port.x, y: middleY(port) }
      worker.branches[id] = [{ x: joint.x, y: to.y }, to]
      worker.routes[id] = [from, joint, { x: joint.x, y: to.y }, to]
    }
  })

  const legendTop = tickz.y + tickz.height + 0.6 * em
  return {
    width: wide,
    height: tall,
    chatz,
    tickz,
    dealz,
    own,
    remote,
    monitors,
    lines,
    trunks,
    rails,
    workers,
    workersArea,
    form,
    legend: { x: 0, y: legendTop, width: services + wires - 0.2 * em, height: tall - legendTop },
  }
}

/** The height nearest to one at which a trunk does not run into the branches of other rails. */
function clearOf(y: number, taken: readonly number[], em: number): number {
  for (let by = 0; by <= 2 * em; by += em / 10) {
    for (const near of [y + by, y - by]) {
      if (taken.every((other) => Math.abs(other - near) >= 0.5 * em)) return near
    }
  }
  return y
}

function placeWorkers(area: Box, em: number, count: number): { form: WorkerForm; workers: WorkerPlace[] } {
  const least = (gap: number) => (area.height - gap * em * (count - 1)) / count / em
  const form = least(0.8) >= ROOMY ? 'roomy' : least(0.3) >= SNUG ? 'snug' : 'line'
  const gap = { roomy: 0.8, snug: 0.3, line: 0.25 }[form] * em
  const slots = Math.max(count, form === 'roomy' ? 2 : 4)
  const height = Math.min((area.height - gap * (slots - 1)) / slots, { roomy: 11, snug: 7, line: 3.4 }[form] * em)
  // The rest goes between them, within reason.
  const pitch = Math.min((area.height + gap) / slots, height + 4 * em)
  const workers = Array.from({ length: count }, (_, index) => {
    const box = { x: area.x, y: index * pitch, width: area.width, height }
    return {
      box,
      ports: portsOf(box, em, form),
      branches: {} as WorkerPlace['branches'],
      routes: {} as WorkerPlace['routes'],
    }
  })
  return { form, workers }
}

/** The three sockets of a worker, one below the other at its left. */
function portsOf(box: Box, em: number, form: WorkerForm): WorkerPlace['ports'] {
  const title = form === 'roomy' ? 1.9 * em : 0.2 * em
  const step = (box.height - title - (form === 'roomy' ? 0.4 : 0.2) * em) / 3
  const height = Math.min(SOCKET * em, step - (form === 'line' ? 2 : 0.12 * em))
  const width = form === 'line' ? Math.min(height * 1.6, 0.8 * em) : (form === 'snug' ? SNUG_WIDTH : OWN_WIDTH) * em
  const ports = {} as WorkerPlace['ports']
  BOUND.forEach((id, place) => {
    const y = box.y + title + step * (place + 0.5)
    ports[id] = { x: box.x + PAD * em * (form === 'line' ? 0.9 : 0.75), y: y - height / 2, width, height }
  })
  return ports
}

function spread(width: number): number[] {
  const columns = Object.values(COLUMNS)
  const [min, usual] = [total('min'), total('usual')]
  if (width >= usual) return columns.map((column) => column.usual + (width - usual) * column.takes)
  const share = (width - min) / (usual - min)
  return columns.map((column) => column.min + (column.usual - column.min) * share)
}

function total(which: 'min' | 'usual'): number {
  return Object.values(COLUMNS).reduce((sum, column) => sum + column[which], 0)
}

function middleY(box: Box): number {
  return box.y + box.height / 2
}

// Casts for tests and pictures: the demo, and systems of programs that the desk does not know.

import type { CastProcess } from '../generated/CastProcess'
import type { CastView } from '../generated/CastView'
import type { ConnectionPhase } from '../generated/ConnectionPhase'
import type { ProcessCounts } from '../generated/ProcessCounts'
import type { SocketView } from '../generated/SocketView'
import type { Stranger } from '../generated/Stranger'
import { flowOf } from './kinds'

export interface Sample {
  cast: CastView
  counts: Map<string, ProcessCounts>
}

/** The time of all samples. */
export const NOW_MS = new Date(2026, 10, 21, 14, 3, 7).getTime()

interface SocketPlan {
  name: string
  type: string
  bind?: string
  connect?: string[]
  /** Messages a second. */
  rate?: number
  onTheWay?: number
  waiting?: number
  more?: Partial<SocketView>
}

/** Builds a cast: processes, then the lines between what binds and what connects to the same endpoint. */
export class Casting {
  readonly processes: CastProcess[] = []
  readonly strangers: Stranger[] = []
  readonly #lines: { from: string; to: string; phase: ConnectionPhase }[] = []
  readonly #rates = new Map<string, { rate: number; onTheWay: number | null; waiting: number | null }>()

  process(program: string, role: string, sockets: SocketPlan[], more: Partial<CastProcess> = {}): string {
    const number = this.processes.length + 1
    const id = number.toString(16).padStart(16, '0')
    const views = sockets.map((plan): SocketView => {
      const key = `${id}/${plan.name}`
      this.#rates.set(key, { rate: plan.rate ?? 0, onTheWay: plan.onTheWay ?? null, waiting: plan.waiting ?? null })
      return {
        ...SOCKET,
        key,
        name: plan.name,
        type: plan.type,
        bound: plan.bind ? [plan.bind] : [],
        connected: plan.connect ?? [],
        ...plan.more,
      }
    })
    this.processes.push({
      ...PROCESS,
      id,
      program,
      role,
      pid: 30_960 + number * 7,
      sockets: views,
      ...more,
    })
    return id
  }

  /** A peer that does not report, at the other end of a socket. */
  stranger(process: string, socket: string, address: string, holder: string | null): void {
    const id = `?${address}`
    if (!this.strangers.some((stranger) => stranger.id === id))
      this.strangers.push({ id, address, holder, pid: null, child: null })
    this.#lines.push({ from: `${process}/${socket}`, to: id, phase: 'up' })
  }

  end(): Sample {
    const all = this.processes.flatMap(({ sockets, presence }) => sockets.map((socket) => ({ socket, presence })))
    for (const { socket, presence } of all) {
      for (const endpoint of socket.connected) {
        for (const { socket: other, presence: its } of all) {
          if (other === socket || !other.bound.includes(endpoint)) continue
          const gone = presence === 'gone' || its === 'gone'
          this.#lines.push({ from: socket.key, to: other.key, phase: gone ? 'retrying' : 'up' })
          if (gone) continue
          socket.peers += 1
          other.peers += 1
        }
      }
    }
    for (const { from } of this.#lines.filter(({ to }) => to.startsWith('?'))) {
      const own = all.find(({ socket }) => socket.key === from)
      if (own) own.socket.peers += 1
    }
    const counts = this.processes.map(({ id, sockets }): ProcessCounts => {
      return { process: id, values: [], sockets: sockets.map((socket) => this.#countsOf(socket)) }
    })
    return {
      cast: {
        processes: this.processes,
        strangers: this.strangers,
        lines: this.#lines.map((line) => ({ ...line, count: 1 })),
        others: 0,
        malformed: 0,
        fault: null,
      },
      counts: new Map(counts.map((each) => [each.process, each])),
    }
  }

  #countsOf({ key, type }: SocketView) {
    const { rate, onTheWay, waiting } = this.#rates.get(key) ?? { rate: 0, onTheWay: null, waiting: null }
    const flow = flowOf(type)
    const sent = flow === 'out' ? rate : flow === 'in' ? 0 : rate / 2
    const received = rate - sent
    return {
      sent: Math.round(sent * 60),
      received: Math.round(received * 60),
      sentBytes: Math.round(sent * 6000),
      receivedBytes: Math.round(received * 6000),
      sentPerSecond: sent,
      receivedPerSecond: received,
      malformed: 0,
      onTheWay,
      waiting,
    }
  }
}

const SOCKET: Omit<SocketView, 'key' | 'name' | 'type'> = {
  channel: null,
  bound: [],
  connected: [],
  sendQueue: 1000,
  receiveQueue: 1000,
  state: { is: 'up' },
  sinceMs: NOW_MS - 60_000,
  downSinceMs: null,
  attempts: 0,
  warning: null,
  lastFault: null,
  peers: 0,
  connections: [],
  moreConnections: 0,
}

const PROCESS: Omit<CastProcess, 'id' | 'program' | 'role' | 'pid' | 'sockets'> = {
  language: 'rust',
  host: 'stage',
  startedMs: NOW_MS - 60_000,
  isDesk: false,
  child: null,
  presence: 'present',
  sinceMs: NOW_MS - 60_000,
  missingEvents: 0,
  moreSockets: 0,
}

const tcp = (port: number) => `tcp://127.0.0.1:${port}`

/** What `dealz --stage` starts, with a number of workers. */
export function demo(workers = 2, services = true): Sample {
  const cast = new Casting()
  const gone: Partial<SocketView> = {
    state: { is: 'retrying', inMs: 400 },
    downSinceMs: NOW_MS - 21_000,
    attempts: 17,
  }
  const attempt = (port: number): Partial<SocketView> => {
    if (services) return {}
    const none = { local: null, remote: null, peer: null, reason: null, sinceMs: NOW_MS }
    return { ...gone, connections: [{ ...none, endpoint: tcp(port), phase: 'retrying' }] }
  }
  cast.process(
    'dealz',
    'desk',
    [
      { name: 'chatz.req', type: 'REQ', connect: [tcp(9001)], rate: services ? 1 : 0, more: attempt(9001) },
      { name: 'chatz.sub', type: 'SUB', connect: [tcp(9002)], rate: services ? 0.3 : 0, more: attempt(9002) },
      { name: 'tickz.sub', type: 'SUB', connect: [tcp(9003)], rate: services ? 14 : 0, more: attempt(9003) },
      {
        name: 'valuz.push',
        type: 'PUSH',
        bind: tcp(9004),
        rate: workers > 0 ? 13_600 : 0,
        onTheWay: workers > 0 ? 5057 : 0,
      },
      { name: 'valuz.pull', type: 'PULL', bind: tcp(9005), rate: workers > 0 ? 10_500 : 0 },
      { name: 'valuz.pub', type: 'XPUB', bind: tcp(9006), rate: workers > 0 ? 0.8 : 0 },
    ],
    { isDesk: true },
  )
  if (services) {
    cast.process('tickz', 'publish', [{ name: 'tickz.pub', type: 'XPUB', bind: tcp(9003), rate: 14 }])
    cast.process('chatz', 'serve', [
      { name: 'chatz.broadcasts', type: 'XPUB', bind: tcp(9002), rate: 0.3 },
      { name: 'chatz.requests', type: 'ROUTER', bind: tcp(9001), rate: 1 },
    ])
  }
  for (let index = 0; index < workers; index++) {
    cast.process(
      'valuz',
      'worker',
      [
        { name: 'valuz.worker.control', type: 'SUB', connect: [tcp(9006)], rate: 0.8 },
        {
          name: 'valuz.worker.orders',
          type: 'PULL',
          connect: [tcp(9004)],
          rate: 5618 - 690 * index,
          waiting: index === 1 ? 5057 : 0,
        },
        { name: 'valuz.worker.results', type: 'PUSH', connect: [tcp(9005)], rate: 5100 / (1 + index / 7) },
      ],
      { child: `worker-${index + 1}` },
    )
  }
  return cast.end()
}

/** Three programs that the desk does not know: a client, a broker, a service. */
export function three(): Sample {
  const cast = new Casting()
  cast.process('frontend', '', [{ name: 'ask', type: 'REQ', connect: [tcp(5555)], rate: 120 }], { language: 'python' })
  cast.process('broker', '', [
    { name: 'clients', type: 'ROUTER', bind: tcp(5555), rate: 120 },
    { name: 'services', type: 'DEALER', bind: 'ipc:///tmp/services', rate: 120 },
  ])
  cast.process('billing', 'service', [{ name: 'work', type: 'REP', connect: ['ipc:///tmp/services'], rate: 120 }])
  return cast.end()
}

/** Eight: a proxy between publishers and subscribers, a pair over inproc, a stranger, one that is silent. */
export function eight(): Sample {
  const cast = new Casting()
  for (const [index, city] of ['zurich', 'london', 'tokyo'].entries()) {
    cast.process('sensor', city, [{ name: 'readings', type: 'PUB', connect: [tcp(7001)], rate: 40 * (index + 1) }], {
      language: 'python',
      ...(index === 2 ? { presence: 'silent', sinceMs: NOW_MS - 4000 } : {}),
    })
  }
  const proxy = cast.process('proxy', '', [
    { name: 'in', type: 'XSUB', bind: tcp(7001), rate: 240 },
    { name: 'out', type: 'XPUB', bind: tcp(7002), rate: 480 },
    { name: 'control', type: 'PAIR', bind: 'inproc://control', rate: 2 },
    { name: 'controller', type: 'PAIR', connect: ['inproc://control'], rate: 2 },
  ])
  cast.process('archive', 'writer', [{ name: 'readings', type: 'SUB', connect: [tcp(7002)], rate: 240 }])
  cast.process('alarm', '', [
    { name: 'readings', type: 'SUB', connect: [tcp(7002)], rate: 240 },
    { name: 'calls', type: 'PUSH', bind: 'ipc:///tmp/calls', rate: 3, onTheWay: 12 },
  ])
  cast.process('pager', '', [{ name: 'calls', type: 'PULL', connect: ['ipc:///tmp/calls'], rate: 3 }])
  cast.process('dashboard', 'wall', [{ name: 'readings', type: 'SUB', connect: [tcp(7002)] }], {
    presence: 'gone',
    sinceMs: NOW_MS - 12_000,
  })
  cast.stranger(proxy, 'out', '192.168.1.20:51344', null)
  cast.stranger(proxy, 'out', '127.0.0.1:40110', 'node (pid 812)')
  return cast.end()
}

/** Twenty: the demo, and next to it a ventilator with its workers and sink, and a broker with clients and services. */
export function twenty(): Sample {
  const cast = new Casting()
  build(cast, 4, 4, 3)
  return cast.end()
}

/** Sixty, with four sockets each and less. */
export function sixty(): Sample {
  const cast = new Casting()
  build(cast, 24, 14, 12)
  return cast.end()
}

function build(cast: Casting, workers: number, clients: number, services: number) {
  cast.process('ventilator', '', [
    { name: 'tasks', type: 'PUSH', bind: tcp(6001), rate: 8000, onTheWay: 312 },
    { name: 'stop', type: 'PUB', bind: tcp(6003), rate: 0.5 },
  ])
  cast.process('sink', '', [
    { name: 'results', type: 'PULL', bind: tcp(6002), rate: 8000 },
    { name: 'metrics', type: 'PUSH', connect: ['ipc:///tmp/metrics'], rate: 1 },
  ])
  for (let index = 0; index < workers; index++) {
    cast.process(
      'cruncher',
      'worker',
      [
        { name: 'tasks', type: 'PULL', connect: [tcp(6001)], rate: 8000 / workers },
        { name: 'results', type: 'PUSH', connect: [tcp(6002)], rate: 8000 / workers },
        { name: 'stop', type: 'SUB', connect: [tcp(6003)], rate: 0.5 },
        { name: 'metrics', type: 'PUSH', connect: ['ipc:///tmp/metrics'], rate: 1 },
      ],
      index === 2 ? { presence: 'suspended', language: 'python' } : {},
    )
  }
  const broker = cast.process('broker', '', [
    { name: 'clients', type: 'ROUTER', bind: tcp(5555), rate: 900 },
    { name: 'services', type: 'DEALER', bind: tcp(5556), rate: 900 },
    { name: 'metrics', type: 'PUSH', connect: ['ipc:///tmp/metrics'], rate: 1 },
  ])
  for (let index = 0; index < clients; index++) {
    cast.process('shop', 'client', [{ name: 'ask', type: 'REQ', connect: [tcp(5555)], rate: 900 / clients }], {
      language: 'python',
      ...(index === 1 ? { presence: 'silent', sinceMs: NOW_MS - 5000 } : {}),
    })
  }
  for (let index = 0; index < services; index++) {
    cast.process(
      'shop',
      'service',
      [{ name: 'work', type: 'REP', connect: [tcp(5556)], rate: 900 / services }],
      index === 0 ? { presence: 'gone', sinceMs: NOW_MS - 9000 } : {},
    )
  }
  cast.process('metrics', 'collect', [
    { name: 'in', type: 'PULL', bind: 'ipc:///tmp/metrics', rate: workers + 2 },
    { name: 'out', type: 'XPUB', bind: tcp(6100), rate: workers + 2 },
  ])
  for (const [index, role] of ['graph', 'alert', 'store'].entries()) {
    cast.process('metrics', role, [{ name: 'in', type: 'SUB', connect: [tcp(6100)], rate: index * 4 }])
  }
  cast.process('proxy', '', [
    { name: 'in', type: 'XSUB', bind: tcp(7001), rate: 240 },
    { name: 'out', type: 'XPUB', bind: tcp(7002), rate: 240 },
  ])
  cast.process('feed', 'prices', [{ name: 'out', type: 'PUB', connect: [tcp(7001)], rate: 240 }])
  cast.process('trader', '', [
    { name: 'prices', type: 'SUB', connect: [tcp(7002)], rate: 240 },
    { name: 'orders', type: 'REQ', connect: [tcp(5555)], rate: 2 },
  ])
  cast.stranger(broker, 'clients', '10.0.0.7:53211', null)
  cast.stranger(broker, 'clients', '127.0.0.1:40222', 'curl (pid 991)')
}

/** What no one should build: long names, markup, duplicates, no processes at its lines, circles. */
export function hostile(): Sample {
  const cast = new Casting()
  const long = '<script>alert(1)</script>'.repeat(400)
  const first = cast.process(long, long, [
    { name: 'a', type: 'PUB', bind: tcp(1), rate: 1e12 },
    { name: 'b', type: long, connect: [tcp(2)] },
    { name: 'c', type: '', bind: long },
  ])
  cast.process('', '', [])
  cast.process('two', '', [
    { name: 'a', type: 'SUB', connect: [tcp(1)] },
    { name: 'b', type: 'PUB', bind: tcp(2) },
  ])
  cast.process('two', '', [
    { name: 'a', type: 'SUB', connect: [tcp(1)] },
    { name: 'a', type: 'SUB', connect: [tcp(1)] },
  ])
  cast.stranger(first, 'a', long, long)
  const sample = cast.end()
  const [process] = sample.cast.processes
  if (process) sample.cast.processes.push(process)
  sample.cast.lines.push(
    { from: 'none/a', to: 'none/b', phase: 'up', count: 1 },
    { from: `${first}/a`, to: 'none/b', phase: 'up', count: 1 },
    { from: `${first}/a`, to: `${first}/a`, phase: 'up', count: 1 },
  )
  return sample
}

export const NO_PROCESS: CastView = { processes: [], strangers: [], lines: [], others: 0, malformed: 0, fault: null }

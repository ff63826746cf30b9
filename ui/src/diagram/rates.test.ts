import { expect, test } from 'vitest'
import { Meter } from './rates'
import * as samples from './samples'

test('a process that is suspended has no rate, though it had one in the last ten seconds', () => {
  const { cast, counts } = samples.demo(1)
  const key = 'valuz.push'
  const of = (presence: 'present' | 'suspended', sent: number, timeMs: number, meter: Meter) => {
    const processes = cast.processes.map((process) => ({ ...process, presence }))
    const known = new Map(
      [...counts].map(([id, process]) => [
        id,
        {
          ...process,
          sockets: process.sockets.map((socket) => ({
            ...socket,
            sent,
            received: 0,
            sentPerSecond: 0,
            receivedPerSecond: 0,
          })),
        },
      ]),
    )
    const rates = meter.read({ ...cast, processes }, known, timeMs)
    return [...rates].find(([name]) => name.endsWith(key))?.[1].perSecond
  }
  const meter = new Meter()
  let rate: number | undefined
  for (let second = 0; second < 10; second += 1) rate = of('present', 3 * second, 1000 * second, meter)
  expect(rate).toBe(3)
  expect(of('suspended', 27, 10_000, meter)).toBe(0)
})

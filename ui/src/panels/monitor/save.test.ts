import { expect, it } from 'vitest'
import type { MonitorLine } from '../../generated/MonitorLine'
import { eventsJson, fileName } from './save'

const LINE: MonitorLine = {
  id: 3,
  timeMs: 1000.5,
  socket: 'de5c/tickz.sub',
  name: 'dealz SUB',
  event: 'DISCONNECTED',
  number: 0x0200,
  value: 31,
  endpoint: 'ipc:///tmp/"odd"',
  mark: 'down',
  sentence: 'tickz SUB lost a peer.',
  lastMs: 1000.5,
  count: 1,
  isMajor: true,
}

it('saved events read back as they were', () => {
  expect(JSON.parse(eventsJson([LINE, { ...LINE, id: 4 }]))).toEqual([LINE, { ...LINE, id: 4 }])
  expect(JSON.parse(eventsJson([]))).toEqual([])
})

it('a file is named by its time', () => {
  expect(fileName(Date.UTC(2026, 10, 21, 10, 0, 3))).toBe('dealz-events-20261121-100003.json')
})

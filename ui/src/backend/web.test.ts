import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AWAY } from './backend'
import { SILENT_MAX_MS, socketAddress, WAIT_MAX_MS, waitMs, Web } from './web'

/** A WebSocket whose peer is the test. */
class Wire {
  static all: Wire[] = []
  sent: string[] = []
  onmessage: ((message: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  closed = false
  constructor(readonly address: string) {
    Wire.all.push(this)
  }
  send(text: string) {
    this.sent.push(text)
  }
  close() {
    this.closed = true
  }
  says(said: unknown) {
    this.onmessage?.({ data: JSON.stringify(said) })
  }
}

const hello = { version: '0.1.0', mode: 'live', page: 'control', links: [] }

beforeEach(() => {
  Wire.all = []
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', Wire)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function joined(said = hello): { web: Web; wire: Wire; links: string[]; updates: unknown[] } {
  const web = new Web('http://127.0.0.1:9000/')
  const [links, updates] = [[] as string[], [] as unknown[]]
  web.subscribe(
    (update) => updates.push(update),
    (link) => links.push(link),
  )
  const wire = Wire.all[0] as Wire
  wire.says({ hello: said })
  return { web, wire, links, updates }
}

test('the address has the token of the page', () => {
  expect(socketAddress('http://127.0.0.1:9000/')).toBe('ws://127.0.0.1:9000/socket')
  expect(socketAddress('https://desk:1/?token=a%20b&x=1#y')).toBe('wss://desk:1/socket?token=a+b')
})

test('waits double up to two seconds', () => {
  expect([0, 1, 2].map(waitMs)).toEqual([100, 200, 400])
  expect(waitMs(99)).toBe(WAIT_MAX_MS)
})

test('replies and refusals reach the command that they answer', async () => {
  const { web, wire } = joined()
  await expect(web.hello()).resolves.toEqual(hello)
  const [first, second] = [web.act({ do: 'reset' }), web.act({ do: 'killWorker' })]
  expect(wire.sent.map((text) => JSON.parse(text))).toEqual([
    { id: 1, command: { do: 'reset' } },
    { id: 2, command: { do: 'killWorker' } },
  ])
  wire.says({ id: 2, refusal: { refused: 'viewOnly' } })
  wire.says({ id: 1, reply: { got: 'done' } })
  await expect(first).resolves.toEqual({ got: 'done' })
  await expect(second).rejects.toEqual({ refused: 'viewOnly' })
})

test('a loss refuses what was asked, is reported, and ends by itself', async () => {
  const { web, wire, links, updates } = joined()
  const asked = web.act({ do: 'reset' })
  wire.onclose?.()
  await expect(asked).rejects.toEqual(AWAY)
  await expect(web.act({ do: 'reset' })).rejects.toEqual(AWAY)
  for (let failures = 0; failures < 5; failures += 1) {
    vi.advanceTimersByTime(WAIT_MAX_MS)
    Wire.all.at(-1)?.onclose?.()
  }
  vi.advanceTimersByTime(WAIT_MAX_MS)
  const again = Wire.all.at(-1) as Wire
  expect(again).not.toBe(wire)
  again.says({ hello })
  again.says({ update: { timeMs: 1, snapshot: true } })
  expect(links).toEqual(['up', ...Array.from({ length: 6 }, () => 'away'), 'up'])
  expect(updates).toHaveLength(1)
})

test('a connection that falls silent is given up and made again', () => {
  const { wire, links } = joined()
  vi.advanceTimersByTime(SILENT_MAX_MS - 2000)
  wire.says({ update: { timeMs: 1 } })
  vi.advanceTimersByTime(SILENT_MAX_MS - 2000)
  expect([wire.closed, links]).toEqual([false, ['up']])
  vi.advanceTimersByTime(4000)
  expect([wire.closed, links]).toEqual([true, ['up', 'away']])
  expect(Wire.all).toHaveLength(2)
})

test('dealz that plays a recording may be silent', () => {
  const { wire } = joined({ ...hello, mode: 'play' })
  vi.advanceTimersByTime(10 * SILENT_MAX_MS)
  expect(wire.closed).toBe(false)
})

test('a recording is fetched, with the token', async () => {
  const answers = vi.fn<(address: URL) => Promise<Response>>()
  vi.stubGlobal('fetch', answers)
  const web = new Web('http://10.0.0.7:9000/?token=abc')
  answers.mockResolvedValueOnce(new Response('{}\n'))
  await expect(web.act({ do: 'recording' })).resolves.toEqual({ got: 'recording', text: '{}\n' })
  expect(answers.mock.lastCall?.[0].href).toBe('http://10.0.0.7:9000/recording?token=abc')
  answers.mockResolvedValueOnce(new Response('no recording is played\n', { status: 404 }))
  const refusal = { refused: 'notNow', reason: 'no recording is played' }
  await expect(web.act({ do: 'recording' })).rejects.toEqual(refusal)
  answers.mockResolvedValueOnce(new Response('{}\n'))
  await expect(web.act({ do: 'recording', scene: 'a b' })).resolves.toEqual({ got: 'recording', text: '{}\n' })
  expect(answers.mock.lastCall?.[0].href).toBe('http://10.0.0.7:9000/recording/a%20b?token=abc')
  answers.mockRejectedValueOnce(new TypeError('Failed to fetch'))
  await expect(web.act({ do: 'recording' })).rejects.toEqual(AWAY)
  expect(Wire.all[0]?.sent).toEqual([])
})

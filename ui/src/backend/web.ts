// The backend of a browser: one WebSocket to dealz's web server. It reconnects automatically. Recordings are fetched by
// separate requests.

import type { Command } from '../generated/Command'
import type { Hello } from '../generated/Hello'
import type { Refusal } from '../generated/Refusal'
import type { Reply } from '../generated/Reply'
import type { Update } from '../generated/Update'
import { AWAY, type Backend, type Link } from './backend'

/** What the server sends. */
type Received = { hello: Hello } | { update: Update } | { id: number; reply: Reply } | { id: number; refusal: Refusal }

/** The wait before another attempt: doubled from the first to the last, in milliseconds. */
export const WAIT_FIRST_MS = 100
export const WAIT_MAX_MS = 2000

/**
 * A connection that is silent for this long, in milliseconds, is given up: dealz sends something every second, and a
 * network that went away closes nothing.
 */
export const SILENT_MAX_MS = 10_000
const LISTEN_MS = 1000

/** The wait after `failures` failed attempts in a row. */
export function waitMs(failures: number): number {
  return Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** Math.min(failures, 10))
}

/** An address next to a page's, with the page's token. */
function addressOf(name: string, page: string): URL {
  const address = new URL(name, page)
  const token = new URL(page).searchParams.get('token')
  if (token !== null) address.searchParams.set('token', token)
  return address
}

/** The address of the WebSocket that belongs to a page. */
export function socketAddress(page: string): string {
  const address = addressOf('socket', page)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  return address.href
}

/** The recording that dealz plays, or that of a scene. */
async function recordingOf(page: string, scene: string | undefined): Promise<Reply> {
  let answer: { ok: boolean; text: string }
  try {
    const name = scene === undefined ? 'recording' : `recording/${encodeURIComponent(scene)}`
    const response = await fetch(addressOf(name, page))
    answer = { ok: response.ok, text: await response.text() }
  } catch {
    throw AWAY
  }
  if (answer.ok) return { got: 'recording', text: answer.text }
  throw { refused: 'notNow', reason: answer.text.trim() } satisfies Refusal
}

export class Web implements Backend {
  readonly #page: string
  readonly #firstHello: Promise<Hello>
  #welcome: (hello: Hello) => void = () => {}
  #socket: WebSocket | null = null
  #joined = false
  /** Whether dealz sends updates: of a recording it does not. */
  #isLive = true
  #heardMs = 0
  #failures = 0
  #nextId = 1
  #asked = new Map<number, { resolve: (reply: Reply) => void; reject: (refusal: Refusal) => void }>()
  #onUpdate: ((update: Update) => void) | null = null
  #onLink: ((link: Link) => void) | null = null

  constructor(page: string) {
    this.#page = page
    this.#firstHello = new Promise((welcome) => (this.#welcome = welcome))
    this.#join()
  }

  hello(): Promise<Hello> {
    return this.#firstHello
  }

  act(command: Command): Promise<Reply> {
    if (command.do === 'recording') return recordingOf(this.#page, command.scene)
    const socket = this.#socket
    if (!this.#joined || socket === null) return Promise.reject(AWAY)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      socket.send(JSON.stringify({ id, command }))
    })
  }

  subscribe(onUpdate: (update: Update) => void, onLink: (link: Link) => void): () => void {
    this.#onUpdate = onUpdate
    this.#onLink = onLink
    // Until the first attempt has succeeded or failed, nothing is known.
    if (this.#joined) onLink('up')
    return () => {
      this.#onUpdate = null
      this.#onLink = null
    }
  }

  #join() {
    const socket = new WebSocket(socketAddress(this.#page))
    this.#socket = socket
    this.#heardMs = performance.now()
    const listening = setInterval(() => {
      if (this.#isLive && performance.now() - this.#heardMs > SILENT_MAX_MS) lose()
    }, LISTEN_MS)
    const lose = () => {
      clearInterval(listening)
      socket.onmessage = socket.onclose = null
      socket.close()
      this.#lose()
    }
    socket.onmessage = (message) => {
      this.#heardMs = performance.now()
      this.#hear(JSON.parse(message.data as string) as Received)
    }
    // A failed attempt closes too: there is no need to listen to `error`.
    socket.onclose = lose
  }

  #hear(said: Received) {
    if ('update' in said) {
      this.#onUpdate?.(said.update)
    } else if ('hello' in said) {
      this.#failures = 0
      this.#joined = true
      this.#isLive = said.hello.mode === 'live'
      this.#welcome(said.hello)
      this.#onLink?.('up')
    } else {
      const asked = this.#asked.get(said.id)
      this.#asked.delete(said.id)
      if ('reply' in said) asked?.resolve(said.reply)
      else asked?.reject(said.refusal)
    }
  }

  #lose() {
    this.#joined = false
    this.#socket = null
    for (const { reject } of this.#asked.values()) reject(AWAY)
    this.#asked.clear()
    this.#onLink?.('away')
    setTimeout(() => this.#join(), waitMs(this.#failures++))
  }
}

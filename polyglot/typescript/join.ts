// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Talks in the chat room (protocol-docs/chatz.md).
//
//      serve                            join
//    ┌────────┐ ◀── ada, or ada␟hi ── ┌─────┐
//    │ ROUTER │ ─── ada, bob ───────▶ │ REQ │
//    │  PUB   │ ─── ada␟hi ─────────▶ │ SUB │
//    └────────┘                       └─────┘

import { createInterface } from "node:readline"
import { setTimeout } from "node:timers/promises"
import { Request, Subscriber } from "zeromq"

const KEEP_ALIVE_MS = 2000 // the server forgets a user after 5 s
const REPLY_MS = 2000
const USER = "[\\p{Alphabetic}\\p{N}_]{1,32}"

const [user, ...others] = process.argv.slice(2)
if (!new RegExp(`^${USER}$`, "u").test(user ?? "") || others.length > 0) {
  console.error("usage: join NAME")
  process.exit(2)
}
process.once("SIGINT", () => process.exit(0))
process.once("SIGTERM", () => process.exit(0))

// Immediate: without a server a request waits. Relaxed and correlated: a lost reply is given up, and dropped if it comes.
const requests = new Request({
  immediate: true, relaxed: true, correlate: true, receiveTimeout: REPLY_MS, linger: 0,
})
const broadcasts = new Subscriber({ tcpKeepalive: 1 })
broadcasts.subscribe()
broadcasts.connect(process.env.CHATZ_BROADCASTS ?? "tcp://127.0.0.1:9002")
requests.connect(process.env.CHATZ_REQUESTS ?? "tcp://127.0.0.1:9001")

/** Says a text, or only that the user is still here. */
async function ask(text: string): Promise<void> {
  await requests.send(text ? `${user}\x1f${text}` : user)
  try {
    const [first] = await requests.receive()
    const isVersion = first.length === 8 && first[7] === 0
    if (first[0] === 0x15 && !isVersion) console.error(`refused: ${escaped(first.toString("utf8", 1))}`)
  } catch {
    if (text) console.error(`no reply to: ${text}`)
  }
}

async function talk(): Promise<void> {
  const lines = createInterface(process.stdin)[Symbol.asyncIterator]()
  let line = lines.next()
  await ask("")
  for (;;) {
    const read = await Promise.race([line, setTimeout(KEEP_ALIVE_MS)])
    if (read?.done) return
    if (read) line = lines.next()
    const text = read ? read.value : ""
    if (isText(text)) await ask(text)
    else console.error("not said: a text has at most 4,096 bytes, and no U+001F")
  }
}

async function listen(): Promise<void> {
  for await (const [frame] of broadcasts) {
    const said = heard(frame)
    if (said) console.log(said)
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const BROADCAST = new RegExp(`^(${USER})\x1f([^\x1f]+)$`, "u")

/** A broadcast as a line; undefined if it is malformed. */
function heard(frame: Buffer): string | undefined {
  try {
    const [, speaker, text] = BROADCAST.exec(UTF8.decode(frame)) ?? []
    if (text && isText(text)) return `${speaker}: ${escaped(text)}`
  } catch {
    // It is not UTF-8.
  }
}

function isText(text: string): boolean {
  return Buffer.byteLength(text) <= 4096 && !text.includes("\x1f")
}

/** Control characters would control the terminal. */
function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, character => `\\u{${character.charCodeAt(0).toString(16)}}`)
}

void listen()
void talk().then(() => process.exit(0))

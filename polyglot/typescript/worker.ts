// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values orders (protocol-docs/valuz.md).
//
//     source               worker                reduce
//    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
//    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
//    └──────┘         │          SUB │ ◀─────── │ PUB  │
//                     └──────────────┘   EXIT   └──────┘

import { hostname } from "node:os"
import { setTimeout } from "node:timers/promises"
import { Pull, Push, Subscriber } from "zeromq"

const EXIT = Buffer.of(1)
const READY = Buffer.of(2)
const REPORT = Buffer.of(4)

if (process.argv.length > 2) {
  console.error("usage: worker")
  process.exit(2)
}
const name = `typescript:${hostname()}:${process.pid}`
const control = new Subscriber()
const results = new Push({ linger: 500 })
const orders = new Pull()

// READY is due when orders is up for the first time, and again when results was lost.
let up = false
let announced = false
orders.events.on("handshake", () => { up = true; announce() })
results.events.on("disconnect", () => { announced = false; announce() })
function announce(): void {
  if (up && !announced) void send(READY, name)
  announced = up
}

// A socket sends one message at a time: each waits for the one before it, and that one for room.
let sent = Promise.resolve()
function send(...frames: (Buffer | string)[]): Promise<void> {
  return (sent = sent.then(() => results.send(frames)))
}

let done = 0n
let reported = 0n
function report(): Promise<void> {
  const count = Buffer.alloc(8)
  count.writeBigUInt64LE((reported = done))
  return send(REPORT, name, count)
}
const reports = setInterval(() => { if (done !== reported) void report() }, 100)

async function work(): Promise<void> {
  for await (const order of orders) {
    const result = value(order)
    if (!result) continue // malformed
    await send(...result)
    done++
  }
}

/** The result of an order. */
function value([symbol, action, shares, price, ...tail]: Buffer[]): Buffer[] | undefined {
  if (!/^[A-Z][A-Z0-9]{1,15}$/.test(symbol.toString("latin1"))) return
  if (action?.length !== 1 || action[0] > 1 || shares?.length !== 4 || price?.length !== 8) return
  if (tail.length > 8 || tail.reduce((bytes, frame) => bytes + frame.length, 0) > 1024) return
  const number = shares.readInt32LE()
  const each = price.readDoubleLE()
  const worth = (action[0] === 0 ? 1 : -1) * (number * each)
  if (number <= 0 || !(each > 0) || !Number.isFinite(worth)) return
  const result = Buffer.alloc(8)
  result.writeDoubleLE(worth)
  return [symbol, result, ...tail]
}

async function exit(): Promise<void> {
  for await (const [command] of control) if (command.equals(EXIT)) return
}

const signal = new Promise<void>(resolve => {
  process.once("SIGINT", () => resolve())
  process.once("SIGTERM", () => resolve())
})

control.subscribe(EXIT)
control.connect(process.env.VALUZ_CONTROL ?? "tcp://127.0.0.1:9006")
results.connect(process.env.VALUZ_RESULTS ?? "tcp://127.0.0.1:9005")
orders.connect(process.env.VALUZ_ORDERS ?? "tcp://127.0.0.1:9004")

void Promise.race([work(), exit(), signal]).then(async () => {
  clearInterval(reports)
  orders.close()
  control.close()
  await Promise.race([report(), setTimeout(300)])
  process.exit(0)
})

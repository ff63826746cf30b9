// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Watches prices (protocol-docs/tickz.md).
//
//     publish                        watch
//    ┌─────┐                        ┌─────┐
//    │ PUB │ ── MSFT, time, 41.78 ▶ │ SUB │
//    └─────┘                        └─────┘

import { Subscriber } from "zeromq"

const symbols = process.argv.slice(2)
if (symbols.length === 0 || !symbols.every(symbol => /^[A-Z][A-Z0-9]{1,15}$/.test(symbol))) {
  console.error("usage: watch SYMBOL...")
  process.exit(2)
}

const ticks = new Subscriber({ tcpKeepalive: 1 })
process.once("SIGINT", () => ticks.close())
process.once("SIGTERM", () => ticks.close())
ticks.subscribe(...symbols)
ticks.connect(process.env.TICKZ_TICKS ?? "tcp://127.0.0.1:9003")

async function watch(): Promise<void> {
  for await (const tick of ticks) {
    const symbol = tick[0].toString("latin1")
    if (!symbols.includes(symbol)) continue // a subscription is a prefix
    const price = priceOf(tick)
    if (price !== undefined) console.log(`${symbol} ${price}`)
  }
}

/** The price of a tick; undefined if the tick is malformed. */
function priceOf([, timestamp, price, sequence]: Buffer[]): number | undefined {
  if (timestamp?.length !== 8 || price?.length !== 8 || (sequence ?? price).length !== 8) return
  const number = price.readDoubleLE()
  return Number.isFinite(timestamp.readDoubleLE()) && Number.isFinite(number) && number > 0 ? number : undefined
}

void watch()

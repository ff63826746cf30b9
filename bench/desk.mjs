// Measures the desk's page in a real browser under a publisher's load; prints one JSON object.
//
//   node bench/desk.mjs PROGRAMS SECONDS RATE
//
// PROGRAMS is the folder of the suite's programs. The browser draws by software and has one page, the desk view, at
// 1280x720. All five symbols of the publisher are followed.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const require = createRequire(resolve(import.meta.dirname, '../ui/package.json'))
const { chromium } = require('playwright-core')

const [programs, seconds, rate] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
/** The first seconds, in which caches fill, are not part of what must stay flat. */
const WARM_UP = Math.min(10, seconds / 3)
const SYMBOLS = ['MSFT', 'AAPL', 'GOOG', 'YHOO', 'BBRY']

const ports = await freePorts(6)
const at = (index) => `tcp://127.0.0.1:${ports[index]}`
const env = {
  ...process.env,
  CHATZ_REQUESTS: at(0),
  CHATZ_BROADCASTS: at(1),
  TICKZ_TICKS: at(2),
  VALUZ_ORDERS: at(3),
  VALUZ_RESULTS: at(4),
  VALUZ_CONTROL: at(5),
  RUST_LOG: 'error',
}

const children = []
const run = (name, args) => {
  const child = spawn(resolve(programs, name), args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

let browser
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'],
  })
  run('tickz', ['publish', '--sequence', '--rate', String(rate)])
  run('chatz', ['serve'])
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })

  // From the start of dealz to the first price on the page: the browser is already waiting.
  const begin = performance.now()
  const desk = run('dealz', ['--web', '127.0.0.1:0', '--symbols', SYMBOLS.join(',')])
  const link = await firstLink(desk)
  await page.goto(link, { waitUntil: 'commit' })
  await page.waitForFunction(
    (symbol) => [...document.querySelectorAll('tr')].some((row) => new RegExp(`${symbol}\\D*\\d+\\.\\d`).test(row.textContent)),
    SYMBOLS[0],
    { polling: 'raf', timeout: 20_000 },
  )
  const firstTickMs = performance.now() - begin

  await page.evaluate(() => {
    window.frameTimes = []
    const frame = (time) => {
      window.frameTimes.push(time)
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  await sleep(WARM_UP)
  const warm = await look(page, desk.pid)
  await sleep(seconds - WARM_UP)
  const end = await look(page, desk.pid)
  const intervals = await page.evaluate(() =>
    window.frameTimes.slice(1).map((time, index) => time - window.frameTimes[index]).sort((a, b) => a - b),
  )
  const status = await page.evaluate(() => document.body.innerText)
  if (/dealz is away/.test(status)) throw new Error('the page lost dealz')

  const percentile = (share) => intervals[Math.min(intervals.length - 1, Math.floor(share * intervals.length))]
  const wall = (end.at - warm.at) / 1000
  console.log(
    JSON.stringify({
      first_tick_ms: firstTickMs,
      frames: intervals.length,
      frame_p50_ms: percentile(0.5),
      frame_p95_ms: percentile(0.95),
      dealz_cores: (end.cpuSeconds - warm.cpuSeconds) / wall,
      dealz_bytes: end.dealzBytes,
      dealz_growth_bytes: end.dealzBytes - warm.dealzBytes,
      page_bytes: end.pageBytes,
      page_growth_bytes: end.pageBytes - warm.pageBytes,
    }),
  )
} finally {
  await browser?.close()
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((ended) => child.once('exit', ended))))
}

/** What dealz and the page hold now. The page's garbage is collected first. */
async function look(page, pid) {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return {
    at: performance.now(),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    dealzBytes: Number(resident[1]) * 1024,
    pageBytes: usedSize,
  }
}

function firstLink(child) {
  return new Promise((found, failed) => {
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
      const link = /http:\/\/\S+/.exec(text)
      if (link) found(link[0])
    })
    child.once('exit', (code) => failed(new Error(`dealz ended with ${code}`)))
  })
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise((bound) => server.listen(0, '127.0.0.1', bound))))
  const ports = servers.map((server) => server.address().port)
  servers.forEach((server) => server.close())
  return ports
}

function sleep(time) {
  return new Promise((wake) => setTimeout(wake, time * 1000))
}

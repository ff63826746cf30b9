// Measures the desk's page in a real browser, under a publisher's load or at rest; prints one JSON object.
//
//   node bench/desk.mjs PROGRAMS SECONDS RATE
//   node bench/desk.mjs PROGRAMS SECONDS many
//   node bench/desk.mjs PROGRAMS SECONDS rest
//
// PROGRAMS is the folder of the suite's programs. The browser draws by software and has one page, the desk view, at
// 1280x720. At a RATE all five symbols of the publisher are followed. With many, sixty programs that the suite does not
// know send to each other. At rest the desk runs the demo: its prices, about fifteen a second, and a chat and two workers
// that have nothing to do.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const require = createRequire(resolve(import.meta.dirname, '../ui/package.json'))
const { chromium } = require('playwright-core')

const [programs, seconds, load] = [process.argv[2], Number(process.argv[3]), process.argv[4]]
/** The first seconds, in which caches fill, are not part of what must stay flat. */
const WARM_UP = Math.min(10, seconds / 3)
const SYMBOLS = ['MSFT', 'AAPL', 'GOOG', 'YHOO', 'BBRY']
const DEMO = ['--stage', '--prices', resolve(import.meta.dirname, '../data/stocks.csv')]
/** How many programs there are with many, and the messages a second of all. */
const MANY = 60
const MANY_RATE = 20_000

const ports = await freePorts(7 + 2 * MANY)
const at = (index) => `tcp://127.0.0.1:${ports[index]}`
const env = {
  ...process.env,
  CHATZ_REQUESTS: at(0),
  CHATZ_BROADCASTS: at(1),
  TICKZ_TICKS: at(2),
  VALUZ_ORDERS: at(3),
  VALUZ_RESULTS: at(4),
  VALUZ_CONTROL: at(5),
  OBSERVE_REPORTS: at(6),
  SUITE_OBSERVE: at(6),
  OBSERVE_OBSERVATIONS: 'tcp://127.0.0.1:*',
  DEALZ_COMMANDS: 'tcp://127.0.0.1:*',
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
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  const measured = await { many, rest }[load]?.(page) ?? await ticks(page)
  const status = await page.evaluate(() => document.body.innerText)
  if (/No connection to dealz/.test(status)) throw new Error('the page lost dealz')
  console.log(JSON.stringify(measured))
} finally {
  await browser?.close()
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')))
}

/** The desk with all symbols of a publisher. */
async function ticks(page) {
  run('tickz', ['publish', '--sequence', '--rate', load])
  run('chatz', ['serve'])
  const { desk, begin } = await open(page, ['--symbols', SYMBOLS.join(',')])
  await firstTick(page)
  return { first_tick_ms: performance.now() - begin, ...(await atWork(page, desk.pid)) }
}

/** The desk with programs that it does not know: each one sends to the next one, and subscribes to it. */
async function many(page) {
  const { desk } = await open(page, [])
  const every = String(MANY_RATE / (2 * MANY))
  const end = (number, socket) => at(7 + 2 * (number % MANY) + socket)
  const casts = Array.from({ length: MANY }, (_, number) =>
    run('cast', [
      String(number),
      '--rate',
      every,
      `pull PULL bind ${end(number, 0)}`,
      `pub XPUB bind ${end(number, 1)} ${2 ** 53}`,
      `push PUSH connect ${end(number + 1, 0)} ${2 ** 53}`,
      `sub SUB connect ${end(number + 1, 1)}`,
    ]),
  )
  await allUp(page)
  const from = performance.now()
  const measured = await atWork(page, desk.pid)
  await allUp(page)
  const received = await Promise.all(casts.map(countAtEnd))
  const seconds = (performance.now() - from) / 1000
  return { ...measured, messages_a_second: received.reduce((sum, each) => sum + each) / seconds }
}

/** Waits until the page counts the connections of all. */
function allUp(page) {
  const up = (connections) => Number(/(\d+) connections up/.exec(document.body.innerText)?.[1]) >= connections
  return page.waitForFunction(up, 2 * MANY, { timeout: 60_000 })
}

/** Ends a program, and returns how many messages it says that it has received. */
async function countAtEnd(cast) {
  let text = ''
  cast.stdout.on('data', (part) => (text += part))
  cast.kill('SIGTERM')
  await once(cast, 'close')
  const counts = JSON.parse(text.trim().split('\n').at(-1))
  return Object.values(counts).reduce((sum, { received }) => sum + received.messages, 0)
}

/** The desk with the demo. */
async function rest(page) {
  const { desk } = await open(page, DEMO)
  await firstTick(page)
  return atRest(page, desk.pid)
}

/** Starts the desk, for which the browser is already waiting, and opens its page. */
async function open(page, args) {
  const begin = performance.now()
  const desk = run('dealz', ['--web', '127.0.0.1:0', ...args])
  await page.goto(await firstLink(desk), { waitUntil: 'commit' })
  return { desk, begin }
}

/** Waits for the first price on the page. */
function firstTick(page) {
  const shown = (symbol) =>
    [...document.querySelectorAll('tr')].some((row) => new RegExp(`${symbol}\\D*\\d+\\.\\d`).test(row.textContent))
  return page.waitForFunction(shown, SYMBOLS[0], { polling: 'raf', timeout: 20_000 })
}

/** Frames, processor time and memory under load. */
async function atWork(page, pid) {
  await page.evaluate(() => {
    window.frameTimes = []
    const frame = (time) => {
      window.frameTimes.push(time)
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  await sleep(WARM_UP)
  const warm = await look(page, pid)
  await sleep(seconds - WARM_UP)
  const end = await look(page, pid)
  const intervals = await page.evaluate(() =>
    window.frameTimes.slice(1).map((time, index) => time - window.frameTimes[index]).sort((a, b) => a - b),
  )
  const percentile = (share) => intervals[Math.min(intervals.length - 1, Math.floor(share * intervals.length))]
  return {
    frames: intervals.length,
    frame_p50_ms: percentile(0.5),
    frame_p95_ms: percentile(0.95),
    dealz_cores: (end.cpuSeconds - warm.cpuSeconds) / ((end.at - warm.at) / 1000),
    dealz_bytes: end.dealzBytes,
    dealz_growth_bytes: end.dealzBytes - warm.dealzBytes,
    page_bytes: end.pageBytes,
    page_growth_bytes: end.pageBytes - warm.pageBytes,
  }
}

/** Processor time at rest: of dealz, of the thread that draws the page, and of all processes of the browser. */
async function atRest(page, pid) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const whole = await browser.newBrowserCDPSession()
  const now = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    const { processInfo } = await whole.send('SystemInfo.getProcessInfo')
    return {
      at: performance.now() / 1000,
      dealz: cpuSeconds(pid),
      page: metrics.find(({ name }) => name === 'TaskDuration').value,
      browser: processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0),
    }
  }
  await sleep(WARM_UP)
  const from = await now()
  await sleep(seconds - WARM_UP)
  const to = await now()
  const cores = (whose) => (to[whose] - from[whose]) / (to.at - from.at)
  return { dealz_cores: cores('dealz'), page_cores: cores('page'), browser_cores: cores('browser') }
}

/** The processor time of all threads of a process so far, as the scheduler counts it. */
function cpuSeconds(pid) {
  const running = (task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + running(task), 0) / 1e9
}

/** What dealz and the page hold now. The page's garbage is collected first. */
async function look(page, pid) {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return {
    at: performance.now(),
    cpuSeconds: cpuSeconds(pid),
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

/**
 * Free ports, all different. Each has had a connection, so for a minute the system gives it only to programs
 * that name it (`testkit::ports` says why).
 */
async function freePorts(count) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer((socket) => socket.end())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address()
      const client = connect(port, '127.0.0.1').resume()
      await once(client, 'close')
      server.close()
      return port
    }),
  )
}

function sleep(time) {
  return new Promise((wake) => setTimeout(wake, time * 1000))
}

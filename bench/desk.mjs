// Measures the desk's page in a real browser, under a publisher's load or at rest; prints one JSON object.
//
//   node bench/desk.mjs PROGRAMS SECONDS RATE
//   node bench/desk.mjs PROGRAMS SECONDS rest
//
// PROGRAMS is the folder of the suite's programs. The browser draws by software and has one page, the desk view, at
// 1280x720. All five symbols of the publisher are followed. At rest the desk runs the demo: its prices, about fifteen a
// second, and a chat and two workers that have nothing to do.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const require = createRequire(resolve(import.meta.dirname, '../ui/package.json'))
const { chromium } = require('playwright-core')

const [programs, seconds, load] = [process.argv[2], Number(process.argv[3]), process.argv[4]]
const rests = load === 'rest'
/** The first seconds, in which caches fill, are not part of what must stay flat. */
const WARM_UP = Math.min(10, seconds / 3)
const SYMBOLS = ['MSFT', 'AAPL', 'GOOG', 'YHOO', 'BBRY']
const DEMO = ['--stage', '--prices', resolve(import.meta.dirname, '../data/stocks.csv')]

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
  OBSERVE_REPORTS: 'tcp://127.0.0.1:*',
  OBSERVE_OBSERVATIONS: 'tcp://127.0.0.1:*',
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
  if (!rests) {
    run('tickz', ['publish', '--sequence', '--rate', load])
    run('chatz', ['serve'])
  }
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })

  // From the start of dealz to the first price on the page: the browser is already waiting.
  const begin = performance.now()
  const desk = run('dealz', ['--web', '127.0.0.1:0', ...(rests ? DEMO : ['--symbols', SYMBOLS.join(',')])])
  const link = await firstLink(desk)
  await page.goto(link, { waitUntil: 'commit' })
  await page.waitForFunction(
    (symbol) => [...document.querySelectorAll('tr')].some((row) => new RegExp(`${symbol}\\D*\\d+\\.\\d`).test(row.textContent)),
    SYMBOLS[0],
    { polling: 'raf', timeout: 20_000 },
  )
  const firstTickMs = performance.now() - begin

  const measured = rests ? await atRest(page, desk.pid) : { first_tick_ms: firstTickMs, ...(await atWork(page, desk.pid)) }
  const status = await page.evaluate(() => document.body.innerText)
  if (/No connection to dealz/.test(status)) throw new Error('the page lost dealz')
  console.log(JSON.stringify(measured))
} finally {
  await browser?.close()
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((ended) => child.once('exit', ended))))
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

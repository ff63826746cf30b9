// What is old looks old: a desk that is suspended, prices whose publisher is gone, services that are suspended.

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { ALL_UP, eventually, freeChannels, start, startDesk } from './programs'

useBrowser()

const status = (page: Page) => page.locator('p.status').innerText()

/** Calls back at each update that the page gets. */
function countUpdates(page: Page): () => number {
  let updates = 0
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => (updates += String(payload).startsWith('{"update"') ? 1 : 0)),
  )
  return () => updates
}

test('a desk that is suspended is shown as old, with its age, and is live again when it resumes', async () => {
  const { desk, link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  await eventually(async () => expect(await status(page)).toMatch(ALL_UP))
  desk.signal('SIGSTOP')
  await eventually(async () => expect(await status(page)).toMatch(/no update for \d+ s/))
  expect(await page.locator('main').getAttribute('class')).toContain('old')
  expect(await page.getByRole('alert').innerText()).toMatch(/This is the desk at \d\d:\d\d:\d\d/)
  // The page gives the silent connection up, and is there when dealz is.
  await eventually(async () => expect(await status(page)).toMatch(/no connection/))
  desk.signal('SIGCONT')
  await eventually(async () => expect(await status(page)).toMatch(ALL_UP))
  expect(await page.locator('main').getAttribute('class')).not.toContain('old')
})

test('a hub that is suspended is named, and no process is silent or ended because of it', async () => {
  const channels = await freeChannels()
  const { OBSERVE_REPORTS: reports, OBSERVE_OBSERVATIONS: observations } = channels
  const hub = start('observez', ['hub', '--reports', reports, '--observations', observations], channels)
  await hub.says(/observations.*listening|listening.*observations/)
  start('tickz', ['publish'], channels)
  const { link } = await startDesk([], channels)
  const { page } = await open(link)
  await page.keyboard.press('7')
  const row = page.getByRole('table', { name: 'Processes that report' }).getByRole('row', { name: /^tickz publish/ })
  await eventually(async () => expect(await row.innerText()).toMatch(/reporting/))
  hub.signal('SIGSTOP')
  const fault = `The hub at ${observations} passes on no reports: it is suspended, or hangs.`
  await eventually(async () => expect(await status(page)).toContain(fault))
  // By its reports alone a process would be silent after three seconds.
  for (const end = Date.now() + 4_000; Date.now() < end;) expect(await row.innerText()).toMatch(/reporting/)
  expect(await status(page)).toContain(fault)
  hub.signal('SIGCONT')
  await eventually(async () => expect(await status(page)).not.toContain('The hub'))
  expect(await row.innerText()).toMatch(/reporting/)
})

test('a desk on which nothing happens is not old, and draws next to nothing', async () => {
  const { link } = await startDesk([], await freeChannels())
  const { page } = await open('about:blank')
  const updates = countUpdates(page)
  await page.goto(link)
  const metrics = await page.context().newCDPSession(page)
  await metrics.send('Performance.enable')
  const layouts = async () => {
    const { metrics: all } = await metrics.send('Performance.getMetrics')
    return all.find(({ name }) => name === 'LayoutCount')?.value ?? 0
  }
  await eventually(() => expect(updates()).toBeGreaterThan(3))
  const [beats, before] = [updates(), await layouts()]
  await eventually(() => expect(updates()).toBeGreaterThan(beats + 4))
  expect((await layouts()) - before).toBeLessThan(3 * (updates() - beats))
  expect(await status(page)).not.toMatch(/no update/)
})

test('prices whose publisher was killed lose their colours and get an age', async () => {
  const channels = await freeChannels()
  const publisher = start('tickz', ['publish', '--sequence', '--rate', '100'], channels)
  const { link } = await startDesk(['--symbols', 'MSFT'], channels)
  const { page } = await open(link)
  const prices = page.locator('main table').first()
  await eventually(async () => expect(await prices.innerText()).toMatch(/MSFT\s+\d/))
  expect(await prices.getAttribute('class')).not.toContain('past')
  await publisher.kill()
  await eventually(async () => expect(await page.locator('main').innerText()).toMatch(/last tick at .*, \d+ s ago/))
  expect(await prices.getAttribute('class')).toContain('past')
  await page.keyboard.press('2')
  await eventually(async () => expect(await page.locator('main').innerText()).toMatch(/down since \d\d:\d\d:\d\d/))
  expect(await page.locator('main').innerText()).not.toContain('no gaps')
})

test('dead services leave one line for each kind of event, and the loss stays readable', async () => {
  const channels = await freeChannels()
  const server = start('chatz', ['serve'], channels)
  const { link } = await startDesk([], channels)
  const { page } = await open(link)
  const log = page.getByRole('log', { name: /^Events/ })
  await page.keyboard.press('5')
  await eventually(async () => expect(await log.innerText()).toMatch(/chatz REQ/))
  await server.kill()
  await eventually(async () => expect(await log.innerText()).toMatch(/DISCONNECTED/))
  await eventually(async () => expect(await log.innerText()).toMatch(/CONNECT_RETRIED .* ×[3-9]/))
  const retries = (await log.innerText()).match(/CONNECT_RETRIED/g) ?? []
  // One for each of the three sockets that connect.
  expect(retries.length).toBeLessThanOrEqual(3)
})

test('a service that is suspended is resumed from where it is missed', async () => {
  const { link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  await eventually(async () => expect(await status(page)).toMatch(ALL_UP))
  await page.keyboard.press('7')
  await page.getByRole('button', { name: 'Suspend tickz' }).click()
  await page.keyboard.press('2')
  await eventually(async () => expect(await status(page)).toMatch(/tickz SUB silent .*connections? up/))
  expect(await page.locator('main').innerText()).not.toMatch(/just tickz/)
  await page.getByRole('button', { name: 'Resume tickz' }).first().click()
  await eventually(async () => expect(await status(page)).toMatch(ALL_UP))
})

// The page of the desk in a real browser, with real services: the main action of every panel.

import { AxeBuilder } from '@axe-core/playwright'
import { createServer, type Socket } from 'node:net'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { ALL_UP, allEnd, descendants, eventually, freeChannels, start, startDesk } from './programs'

useBrowser()

/** Waits until the text of what `selector` finds first holds for `pattern`. */
async function shows(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await eventually(async () => expect(await page.locator(selector).first().innerText()).toMatch(pattern))
}

/** How many orders of the batch are counted, in the valuz view. */
async function counted(page: Page): Promise<number> {
  return Number(await page.getByRole('progressbar', { name: 'Orders counted' }).getAttribute('aria-valuenow'))
}

const status = 'p.status'
const log = '[role="log"][aria-label="Conversation"]'
const events = '[role="log"][aria-label^="Events"]'

test('tickz: a symbol is followed, shows prices, and is forgotten', async () => {
  const channels = await freeChannels()
  start('tickz', ['publish', '--sequence', '--rate', '200'], channels)
  const { link } = await startDesk(['--symbols', 'MSFT'], channels)
  const { page, sins } = await open(link)
  await page.keyboard.press('2')
  await shows(page, 'tbody', /MSFT\s+\d+\.\d/)

  await page.keyboard.press('/')
  await page.keyboard.type('goog')
  await page.keyboard.press('Enter')
  await shows(page, 'tbody', /GOOG\s+\d+\.\d/)

  await page.getByLabel('Follow', { exact: true }).fill('9X')
  await shows(page, '#follow-note', /letter/)

  await page.getByRole('button', { name: 'Forget GOOG' }).click()
  await eventually(async () => expect(await page.locator('tbody').first().innerText()).not.toContain('GOOG'))
  expect(sins).toEqual([])
})

test('chatz: a text is sent and shown; while the server is gone it is kept, and sent when it is back', async () => {
  const channels = await freeChannels()
  const server = start('chatz', ['serve'], channels)
  const { link } = await startDesk(['--name', 'ada'], channels)
  const { page } = await open(link)
  await page.keyboard.press('3')
  await shows(page, 'section[aria-label="People"]', /ada \(you\)/)
  await page.getByLabel('Say something to everyone in the room').fill('good evening')
  await page.keyboard.press('Enter')
  await shows(page, log, /ada\s+good evening/)

  await server.kill()
  await shows(page, 'section[aria-label="People"]', /no answer/)
  await page.getByLabel('Say something to everyone in the room').fill('is anybody there')
  await page.keyboard.press('Enter')
  await shows(page, 'body', /Waiting for the server: “is anybody there”/)
  start('chatz', ['serve'], channels)
  await shows(page, log, /ada\s+is anybody there/)
})

test('valuz: a batch with a worker killed in the middle has the same total, verified', async () => {
  const { desk, link } = await startDesk(['--stage', '--workers', '3'], await freeChannels())
  const { page } = await open(link)
  await page.keyboard.press('4')
  await eventually(async () => expect(await page.getByText(/ready/i).count()).toBeGreaterThan(0))
  await page.getByLabel('Orders', { exact: true }).fill('5000')
  await page.getByText('value at risk').click()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await eventually(async () => {
    const now = await counted(page)
    expect(now).toBeGreaterThan(0)
    expect(now).toBeLessThan(5_000)
  })
  await page.keyboard.press('k')
  await eventually(async () => expect(await counted(page)).toBe(5_000), 60_000)

  // The heavy valuation is not computed by dealz: it remembers the total of the last run of the same orders.
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await shows(page, 'body', /✓ repeated/)

  // The light one it computes itself.
  await page.getByText('notional').click()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await shows(page, 'body', /✓ verified/)
  await page.getByRole('button', { name: 'Add a worker' }).click()
  await eventually(async () => expect(descendants(desk.pid).length).toBe(5))
})

test('valuz: a batch has as many orders as about ten seconds take, until a number is typed', async () => {
  const { link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  await page.keyboard.press('4')
  const orders = page.getByLabel('Orders', { exact: true })
  const light = await orders.inputValue()
  await page.getByText('value at risk').click()
  const heavy = await orders.inputValue()
  await shows(page, '#valuz-orders-note', /About \d+ seconds? of work/)
  const number = (text: string) => Number(text.replaceAll(',', ''))
  expect(number(heavy)).toBeGreaterThan(0)
  expect(number(light)).toBeGreaterThan(10 * number(heavy))
  await orders.fill('1234')
  await page.getByText('notional').click()
  expect(await orders.inputValue()).toBe('1234')
})

test('valuz: orders of a file; a line that is no order is named', async () => {
  const { link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  await page.keyboard.press('4')
  const chooser = page.getByLabel('A CSV of orders')
  const header = 'symbol,action,shares,price\n'
  const run = page.getByRole('button', { name: 'Run', exact: true })
  await chooser.setInputFiles({
    name: 'bad.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`${header}MSFT,BUY,-1,2\n`),
  })
  await run.click()
  await shows(page, 'main', /line 2/)
  const good = `${header}MSFT,BUY,100,41.5\nAAPL,SELL,10,95\n`
  await page.getByRole('button', { name: 'Remove bad.csv' }).click()
  await chooser.setInputFiles({ name: 'good.csv', mimeType: 'text/csv', buffer: Buffer.from(good) })
  await run.click()
  await shows(page, 'main', /✓ verified/)
  await shows(page, 'main', /3,200\.00/)
})

test('valuz: the holder of a port is named, the rest works, and valuz is ready once the port is free', async () => {
  const channels = await freeChannels()
  const taken = new Set<Socket>()
  const holder = createServer((socket) => taken.add(socket))
  const port = Number(channels.VALUZ_ORDERS.split(':').at(-1))
  await new Promise<void>((bound) => holder.listen(port, '127.0.0.1', bound))
  const { link } = await startDesk(['--stage'], channels)
  const { page } = await open(link)
  await shows(page, 'tbody', /\d+\.\d/)
  await page.keyboard.press('4')
  await shows(page, 'main', new RegExp(`pid ${process.pid}`))
  holder.close()
  taken.forEach((socket) => socket.destroy())
  await eventually(async () => expect(await page.locator('p.status').innerText()).toMatch(ALL_UP))
})

test('monitor: a service that is killed and comes back leaves its marks and sentences', async () => {
  const channels = await freeChannels()
  const server = start('chatz', ['serve'], channels)
  const { link } = await startDesk([], channels)
  const { page } = await open(link)
  await page.keyboard.press('5')
  await shows(page, events, /chatz REQ/)
  await server.kill()
  await shows(page, events, /DISCONNECTED/)
  await shows(page, status, /chatz/)
  start('chatz', ['serve'], channels)
  await shows(page, events, /chatz (REQ|SUB) completed the handshake/)
})

test('wire: the bytes of a burst, field by field, and the page of the protocol behind them', async () => {
  const channels = await freeChannels()
  start('tickz', ['publish', '--sequence', '--rate', '50'], channels)
  const { link } = await startDesk(['--symbols', 'MSFT'], channels)
  const { page } = await open(link)
  await page.keyboard.press('6')
  await page
    .getByRole('listbox', { name: /^Messages/ })
    .getByRole('option')
    .first()
    .click()
  const fields = page.getByRole('list', { name: 'Fields' })
  await eventually(async () =>
    expect(await fields.innerText()).toMatch(/symbol[\s\S]*MSFT[\s\S]*timestamp[\s\S]*price[\s\S]*sequence/),
  )
  // MSFT in hexadecimal digits.
  await shows(page, '[aria-label^="Frame 1"]', /4d\s*53\s*46\s*54/i)
  await page.keyboard.press('?')
  await shows(page, 'dialog', /PUB|publisher/)
})

test('the card of a socket: what its type promises, its peer, and its last messages', async () => {
  const channels = await freeChannels()
  start('tickz', ['publish', '--sequence', '--rate', '50'], channels)
  const { link } = await startDesk(['--symbols', 'MSFT'], channels)
  const { page, sins } = await open(link)
  await page.getByRole('button', { name: /^tickz\.sub SUB/ }).click()
  const card = page.getByRole('complementary', { name: /^Socket .* SUB ticks/ })
  const says = (words: RegExp) => eventually(async () => expect(await card.innerText()).toMatch(words))
  await says(/connects to tcp:/)
  await says(/talks to\s+PUB, XPUB/)
  await says(/↓ received burst symbol MSFT/)

  // Its peer leads to the other end, and that to the process.
  await card.getByRole('button', { name: /^tickz publish XPUB/ }).click()
  const other = page.getByRole('complementary', { name: /^Socket tickz publish XPUB/ })
  await eventually(async () => expect(await other.innerText()).toMatch(/↑ sent burst symbol MSFT/))
  await other.getByRole('button', { name: /^tickz publish · pid/ }).click()
  const process = page.getByRole('complementary', { name: /^Process tickz publish/ })
  await eventually(async () => expect(await process.innerText()).toMatch(/reporting[\s\S]*1 socket/))
  await page.keyboard.press('Escape')
  await eventually(async () => expect(await page.getByRole('complementary').count()).toBe(0))
  expect(sins).toEqual([])
})

test('a program in another terminal is seen: its process, its socket, and its bytes', async () => {
  const channels = await freeChannels()
  start('tickz', ['publish', '--sequence', '--rate', '50'], channels)
  const { link } = await startDesk([], channels)
  const { page } = await open(link)
  await page.keyboard.press('7')
  await shows(page, 'main', /tickz publish/)
  const watcher = start('tickz', ['watch', 'MSFT'], channels)
  await shows(page, 'main', /tickz watch/)

  await page.keyboard.press('6')
  const chooser = page.getByLabel('Which socket')
  const socket = chooser.locator('option', { hasText: 'tickz watch SUB' })
  await chooser.selectOption(await socket.getAttribute('value'))
  await shows(page, '[aria-label="Messages, newest first"]', /received\s+burst\s+symbol MSFT/)

  await watcher.kill()
  await page.keyboard.press('7')
  await eventually(async () => expect(await page.locator('main').innerText()).not.toMatch(/tickz watch\s+reporting/))
})

test('processes: a suspended service is shown as such and resumed; what dealz starts ends with it, even by kill -9', async () => {
  const { desk, link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  await page.keyboard.press('7')
  await page.getByRole('button', { name: 'Suspend tickz' }).click()
  await shows(page, 'tbody[aria-label="tickz"]', /suspended/)
  await page.getByRole('button', { name: 'Resume tickz' }).click()
  await shows(page, 'tbody[aria-label="tickz"]', /running/)
  await page.getByRole('button', { name: 'kill -9 chatz' }).click()
  await shows(page, 'tbody[aria-label="chatz"]', /signal 9/)
  await page.getByRole('button', { name: 'Start chatz' }).click()
  await shows(page, 'tbody[aria-label="chatz"]', /running/)

  const children = descendants(desk.pid)
  expect(children.length).toBe(4)
  await desk.kill()
  await allEnd(children)
})

test('reset: chat and counters are cleared at once', async () => {
  const { link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  await page.keyboard.press('3')
  const composer = page.getByLabel('Say something to everyone in the room')
  await shows(page, 'section[aria-label="People"]', /you/)
  await composer.fill('forget this')
  await page.keyboard.press('Enter')
  await shows(page, log, /forget this/)
  await page.keyboard.press('Escape')
  await page.keyboard.press('r')
  await page.keyboard.press('r')
  await eventually(async () => expect(await page.locator(log).innerText()).not.toContain('forget this'))
  await shows(page, 'section[aria-label="People"]', /you/)
})

test('a field that was left takes no keys: after its text is sent, and when something else is pressed', async () => {
  const { link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  const shown = () => page.locator('nav [aria-current="page"]').innerText()
  await page.keyboard.press('2')
  const field = page.getByLabel('Follow', { exact: true })
  await field.fill('IBM')
  await field.press('Enter')
  await eventually(async () => expect(await field.inputValue()).toBe(''))
  await page.keyboard.press('3')
  await eventually(async () => expect(await shown()).toContain('chatz'))
  await page.keyboard.press('2')
  await field.click()
  await page.locator('h2').first().click()
  await page.keyboard.press('4')
  await eventually(async () => expect(await shown()).toContain('valuz'))
})

test('q shows a link for phones as a QR code; without one it says how to get it', async () => {
  const { link } = await startDesk([], await freeChannels())
  const { page } = await open(link)
  await page.keyboard.press('q')
  await shows(page, 'dialog', /--web 0\.0\.0\.0[\s\S]*\/presenter/)

  const desk = start('dealz', ['--web', '0.0.0.0:0', '--token', 'abcdefghijklmnopq'], await freeChannels())
  const [, reachable = ''] = await desk.says(/(http:\/\/\S+token=\S+)/)
  const { page: other } = await open(reachable)
  await other.keyboard.press('q')
  const code = other.getByRole('img', { name: 'QR code of the link' })
  await eventually(async () => expect(await code.isVisible()).toBe(true))
  await shows(other, 'dialog', /token=abcdefghijklmnopq/)
  await other
    .getByRole('button', { name: /presenter/ })
    .first()
    .click()
  await shows(other, 'dialog', /presenter\?token=abcdefghijklmnopq/)
  // What had the focus is gone if the link came later than the key.
  await other.evaluate(() => (document.activeElement as HTMLElement).blur())
  await other.keyboard.press('q')
  await eventually(async () => expect(await other.locator('dialog').count()).toBe(0))
})

test.each([
  ['dark', 'light', 'rgb(13, 17, 22)'],
  ['light', 'dark', 'rgb(243, 245, 247)'],
  ['system', 'dark', 'rgb(13, 17, 22)'],
  ['system', 'light', 'rgb(243, 245, 247)'],
] as const)('the first paint has the %s theme on a %s system', async (theme, colorScheme, background) => {
  const { link } = await startDesk([], await freeChannels())
  const { page } = await open(link)
  await page.emulateMedia({ colorScheme })
  await page.evaluate((kept) => localStorage.setItem('dealz.look', kept), JSON.stringify({ theme }))
  // What is painted while the page itself is still on its way.
  await page.route(/assets/, (route) => route.abort())
  await page.reload()
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(background)
})

test('f shows the page alone on the screen, and again as it was', async () => {
  const { link } = await startDesk([], await freeChannels())
  const { page } = await open(link)
  const full = () => page.evaluate(() => document.fullscreenElement !== null)
  await page.keyboard.press('f')
  await eventually(async () => expect(await full()).toBe(true))
  await page.keyboard.press('f')
  await eventually(async () => expect(await full()).toBe(false))
})

test('a page that may only view has everything to see and nothing to press', async () => {
  const { link } = await startDesk(['--stage', '--web-view-only'], await freeChannels())
  const { page } = await open(link)
  await shows(page, 'tbody', /\d+\.\d/)
  await page.keyboard.press('3')
  expect(await page.getByPlaceholder('This page can view the desk, not control it.').isDisabled()).toBe(true)
  await page.keyboard.press('k')
  await shows(page, 'body', /can view the desk, not control it/)
})

test('no view has a fault that an accessibility checker finds', async () => {
  const { link } = await startDesk(['--stage'], await freeChannels())
  const { page } = await open(link)
  await shows(page, 'tbody', /\d+\.\d/)
  const check = async (what: string) => {
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${what}: ${id} ${nodes[0]?.html}`)).toEqual([])
  }
  for (const view of ['1', '2', '3', '4', '5', '6', '7', '8']) {
    await page.keyboard.press(view)
    await check(`view ${view}`)
  }
  await page.keyboard.press('1')
  await page.getByRole('button', { name: /^tickz\.sub SUB/ }).click()
  await page.getByRole('complementary', { name: /^Socket/ }).waitFor()
  await check('card of a socket')
  await page.keyboard.press('7')
  await page.getByRole('button', { name: 'dealz', exact: true }).click()
  await page.getByRole('complementary', { name: /^Process/ }).waitFor()
  await check('card of a process')
})

// A learner follows one message: orders one by one, each a dot that can be opened; the picture frozen, alone, in a spotlight.

import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { ALL_UP, eventually, freeChannels, start, startDesk } from './programs'

useBrowser()

const card = (page: Page) => page.getByRole('complementary', { name: /^Message / })
const header = (page: Page) => page.locator('.diagram > header')
const sent = (page: Page) => header(page).getByText(/of [\d,]+ sent/)

/** A desk with one worker, and its page once everything is up. */
async function stage(): Promise<{ page: Page; sins: string[] }> {
  const { link } = await startDesk(['--stage', '--workers', '1'], await freeChannels())
  const opened = await open(link)
  await eventually(async () => expect(await opened.page.locator('p.status').innerText()).toMatch(ALL_UP))
  return opened
}

/** Runs a batch that leaves one order at each press, begun by keys alone. */
async function runStepped(page: Page): Promise<void> {
  for (let press = 0; press < 4; press++) {
    const before = await page.getByLabel('Orders leave').inputValue()
    await page.keyboard.press('<')
    await eventually(async () => expect(await page.getByLabel('Orders leave').inputValue()).not.toBe(before))
  }
  await page.getByRole('button', { name: /^Run/ }).press('Enter')
  await eventually(async () => expect(await sent(page).innerText()).toMatch(/^0 of /))
}

/** Goes to a message on its way whose name begins so, by key. */
async function toMessage(page: Page, name: string): Promise<void> {
  await eventually(async () => {
    await page.keyboard.press('m')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(name)
  })
}

test('a batch is stepped by key: one order at each press, and its dot shows that order', async () => {
  const { page, sins } = await stage()
  await runStepped(page)
  await page.keyboard.press('s')
  while ((await page.getByRole('button', { name: 'PUSH/PULL' }).getAttribute('aria-pressed')) !== 'true')
    await page.keyboard.press('s')
  for (let order = 1; order <= 3; order++) {
    await page.keyboard.press('n')
    await toMessage(page, 'order: dealz to valuz worker-1')
    await page.keyboard.press('Enter')
    const words = await card(page).innerText()
    expect(words).toContain('dealz → valuz worker-1')
    expect(words).toMatch(/symbol\s+[A-Z]+/)
    expect(words).toMatch(/shares\s+\d+/)
    await eventually(async () => expect(await sent(page).innerText()).toMatch(new RegExp(`^${order} of `)))
    expect(await page.getByRole('progressbar', { name: 'Orders counted' }).count()).toBe(0)
    await page.keyboard.press('Escape')
  }
  expect(await sent(page).innerText()).toMatch(/^3 of /)
  // A key that is held is one press.
  await page.keyboard.down('n')
  for (let again = 0; again < 5; again++) await page.keyboard.down('n')
  await page.keyboard.up('n')
  await eventually(async () => expect(await sent(page).innerText()).toMatch(/^4 of /))
  expect(sins).toEqual([])
})

test('the answer leaves when the order has arrived, and a click opens it', async () => {
  const { page } = await stage()
  await runStepped(page)
  await page.keyboard.press('n')
  const dot = page.locator('[data-message][aria-label^="result"]')
  await eventually(async () => {
    expect(await page.locator('[data-message][aria-label^="order"]').count()).toBe(0)
    expect(await dot.count()).toBe(1)
  })
  await page.keyboard.press('z')
  await dot.click()
  expect(await card(page).innerText()).toMatch(/valuz worker-1 → dealz[\s\S]*value/)
})

test('a frozen picture stays, is marked, and continues from now', async () => {
  const { page } = await stage()
  const counted = async (of: Page) => Number(await of.getByLabel('Orders counted').getAttribute('value'))
  await page.keyboard.press('<')
  await eventually(async () => expect(await page.getByLabel('Orders leave').inputValue()).toBe('100'))
  await page.getByRole('button', { name: /^Run/ }).press('Enter')
  await eventually(async () => expect(await counted(page)).toBeGreaterThan(0))
  await page.keyboard.press('z')
  await eventually(async () => expect(await header(page).innerText()).toMatch(/frozen at \d\d:\d\d:\d\d/))
  expect(await page.locator('p.status').innerText()).toMatch(/frozen at/)
  const [picture, frozen] = [await page.locator('main').innerText(), await counted(page)]
  // The world continues.
  const { page: other } = await open(page.url())
  await eventually(async () => expect(await counted(other)).toBeGreaterThan(frozen + 50))
  expect(await page.locator('main').innerText()).toBe(picture)
  expect(await counted(page)).toBe(frozen)
  await page.keyboard.press('z')
  await eventually(async () => expect(await counted(page)).toBeGreaterThan(frozen + 50))
  expect(await header(page).innerText()).not.toMatch(/frozen/)
})

test('the diagram alone has the page, with a spotlight; Escape ends one after the other', async () => {
  const { page } = await stage()
  const unlit = (name: RegExp) =>
    page.getByRole('button', { name }).evaluate((button) => button.closest('.unlit') !== null)
  await page.keyboard.press('d')
  await eventually(async () => expect(await page.getByRole('navigation').count()).toBe(0))
  const size = await page.locator('.diagram').boundingBox()
  expect(size?.height).toBeGreaterThan(650)
  expect(size?.width).toBeGreaterThan(1200)

  await page.getByRole('button', { name: /^tickz publish, / }).focus()
  await page.keyboard.press('s')
  expect(await unlit(/^tickz publish, /)).toBe(false)
  expect(await unlit(/^chatz serve, /)).toBe(true)
  expect(await page.getByText(/Spotlight on tickz publish/).count()).toBe(1)
  await page.getByRole('button', { name: 'PUSH/PULL' }).click()
  expect(await unlit(/^tickz publish, /)).toBe(true)
  expect(await unlit(/^valuz worker-1, /)).toBe(false)
  expect(await unlit(/^valuz.push PUSH, /)).toBe(false)
  expect(await unlit(/^tickz.sub SUB, /)).toBe(true)

  await page.keyboard.press('Escape')
  expect(await page.locator('.unlit').count()).toBe(0)
  expect(await page.getByRole('navigation').count()).toBe(0)
  await page.keyboard.press('Escape')
  await eventually(async () => expect(await page.getByRole('navigation').count()).toBe(1))
})

test('with a message open, alone, frozen and in a spotlight, the page has names for all, on a projector too', async () => {
  const { page } = await stage()
  await runStepped(page)
  await page.keyboard.press('n')
  await toMessage(page, 'order')
  await page.keyboard.press('Enter')
  for (const key of ['z', 'd', 's', 'p']) await page.keyboard.press(key)
  await eventually(async () => expect(await page.getByRole('navigation').count()).toBe(0))
  for (const [width, height] of [
    [1280, 720],
    [1920, 1080],
  ] as const) {
    await page.setViewportSize({ width, height })
    // What is dimmed is dim on purpose.
    const { violations } = await new AxeBuilder({ page }).exclude('.unlit').analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
  }
})

test('single messages are asked for on slow lines alone, and seldom while nothing happens', async () => {
  const channels = await freeChannels()
  start('tickz', ['publish', '--sequence', '--rate', '200'], channels)
  const { link } = await startDesk(['--symbols', 'MSFT'], channels)
  const { page } = await open('about:blank')
  const asked: string[] = []
  let updates = 0
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => asked.push(String(payload)))
    socket.on('framereceived', ({ payload }) => (updates += String(payload).startsWith('{"update"') ? 1 : 0))
  })
  await page.goto(link)
  await eventually(() => expect(updates).toBeGreaterThan(10))
  const [before, from] = [asked.length, updates]
  await eventually(() => expect(updates).toBeGreaterThan(from + 20))
  // Two hundred ticks a second are no single messages.
  expect(asked.slice(before).filter((text) => text.includes('tickz.sub'))).toEqual([])
  expect(asked.length - before).toBeLessThan(10)
})

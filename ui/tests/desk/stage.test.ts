// The stage: two scenes of the talk, with the keys of the desk and with the buttons of the presenter's page.

import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { allEnd, descendants, eventually, freeChannels, start, startDesk } from './programs'

useBrowser()

/** How long a cue may take, in milliseconds: its expectations have their own limits. */
const CUE_MS = 60_000

const bar = (page: Page) => page.getByRole('region', { name: 'On stage' })
const cue = (page: Page) => page.getByRole('region', { name: 'This cue' })

/** Waits until what is on stage matches. */
async function onStage(page: Page, pattern: RegExp): Promise<void> {
  await eventually(async () => expect(await bar(page).innerText()).toMatch(pattern), CUE_MS)
}

async function checkAccess(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([])
}

async function picture(page: Page, name: string): Promise<void> {
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}.png` })
}

test('the slow joiner from its first cue to its last with → in any view, then back, and closed', async () => {
  const { desk, link } = await startDesk([], await freeChannels())
  const { page, sins } = await open(link)
  await page.keyboard.press('8')
  const scene = page.locator('main').getByRole('button', { name: /^The slow joiner/ })
  await scene.waitFor()
  await checkAccess(page)
  await picture(page, 'stage-list')
  await scene.click()
  await onStage(page, /The slow joiner\s+1\/4 ✓/)
  const main = page.locator('main')
  await page.getByRole('heading', { name: 'Prices flow' }).waitFor()
  expect(await main.innerText()).toMatch(/Every tick has a number[\s\S]*early\.received[\s\S]*met/)
  // The speaker alone sees the notes.
  expect(await page.locator('body').innerText()).not.toContain('Point at the fourth frame')

  // The diagram has the processes of the scene, by their names in it, and not the desk, unless all are wanted.
  const box = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}, rust, pid`) })
  await box('prices').waitFor()
  await box('early').waitFor()
  expect(await page.getByRole('button', { name: /^dealz, rust/ }).count()).toBe(0)
  await page.keyboard.press('a')
  await page.getByRole('button', { name: /^dealz, rust/ }).waitFor()
  await page.keyboard.press('a')

  await page.keyboard.press('ArrowRight')
  await onStage(page, /2\/4 ✓/)
  await box('late').waitFor()
  await checkAccess(page)
  await picture(page, 'stage-cue')
  expect(await page.locator('li[aria-current="step"]').innerText()).toContain('A late joiner')

  // In other views too, and as a clicker sends it; not while a field has the focus.
  await page.keyboard.press('2')
  await page.keyboard.press('/')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Escape')
  await onStage(page, /2\/4/)
  await page.keyboard.press('PageDown')
  await onStage(page, /3\/4 ✓/)
  await page.keyboard.press('ArrowRight')
  await onStage(page, /4\/4 ✓/)

  // Back starts the scene again and plays up to the cue before.
  const before = descendants(desk.pid)
  await page.keyboard.press('PageUp')
  await onStage(page, /3\/4 ✓/)
  await allEnd(before)
  await page.keyboard.press('8')
  const played = descendants(desk.pid)
  expect(played.length).toBeGreaterThan(2)
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await scene.waitFor()
  expect(await bar(page).count()).toBe(0)
  await allEnd(played)
  expect(sins).toEqual([])
})

test('things fail by the presenter’s buttons on a phone; the desk shows each fault in every view', async () => {
  const { link } = await startDesk([], await freeChannels())
  const { page: desk } = await open(link)
  const { page, sins } = await open(new URL('/presenter', link).href)
  await page.setViewportSize({ width: 390, height: 844 })
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const reaches = (pattern: RegExp) =>
    eventually(async () => expect(await page.getByRole('banner').innerText()).toMatch(pattern), CUE_MS)
  await page.getByRole('button', { name: /Things will fail/ }).click()
  await reaches(/1\/6 ✓/)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)

  await press('Next →')
  await eventually(async () => expect(await bar(desk).innerText()).toMatch(/far\.ticks: timeout\s+\d+ s left/))
  await desk.keyboard.press('6')
  expect(await bar(desk).innerText()).toMatch(/far\.ticks: timeout/)
  await reaches(/2\/6 ✓/)
  expect(await cue(page).innerText()).toMatch(/Half open[\s\S]*Bytes no longer arrive/)
  expect(await page.getByRole('region', { name: 'Next cue' }).innerText()).toContain('The cable is back')
  expect(await page.getByRole('region', { name: 'Clock' }).innerText()).toMatch(/0:\d\d/)
  await checkAccess(page)
  await picture(page, 'presenter-phone')

  await press('Next →')
  await reaches(/3\/6 ✓/)
  await press('Next →')
  await reaches(/4\/6 ✓/)
  expect(await cue(page).innerText()).toMatch(/Reset[\s\S]*an error is better than silence/)
  await press('Next →')
  await reaches(/5\/6 ✓/)
  // The last fault is cleared by a key of the desk, and what the cue after it expects is met.
  await eventually(async () => expect(await bar(desk).innerText()).toMatch(/far\.ticks: down/))
  await desk.keyboard.press('c')
  await eventually(async () => expect(await bar(desk).innerText()).not.toMatch(/down/))
  await press('Next →')
  await reaches(/6\/6 ✓/)
  await press('← Back')
  await reaches(/5\/6 ✓/)
  await page.getByRole('button', { name: 'Clear faults' }).click()
  await eventually(async () => expect(await bar(desk).innerText()).not.toMatch(/left/))
  await press('Again')
  await reaches(/1\/6 ✓/)
  expect(sins).toEqual([])
})

test('a fault of a link is switched on by a button of its card, ends by itself or is cleared', async () => {
  const { link } = await startDesk(['--scene', 'things-fail'], await freeChannels())
  const { page } = await open(link)
  await onStage(page, /Things will fail\s+1\/6 ✓/)
  // The middle of a box may be one of its sockets.
  await page.getByRole('button', { name: /^far\.ticks, rust, pid/ }).press('Enter')
  const card = page.getByRole('complementary', { name: /^Process/ })
  await card.getByLabel('for').selectOption('30s')
  await card.getByRole('button', { name: 'latency 200ms' }).click()
  await onStage(page, /far\.ticks: latency 200ms\s+\d\d s left/)
  await card.getByRole('button', { name: /^Clear far\.ticks/ }).click()
  await eventually(async () => expect(await bar(page).innerText()).not.toMatch(/left/))

  await page.getByRole('button', { name: /^far, rust, pid/ }).press('Enter')
  await card.getByLabel('for').selectOption('5s')
  await card.getByRole('button', { name: 'slow 50%' }).click()
  await onStage(page, /far: slow 50%\s+\d s left/)
  await eventually(async () => expect(await bar(page).innerText()).not.toMatch(/left/))
})

test('who may only view sees the scene, and neither the presenter’s page nor the notes', async () => {
  const channels = await freeChannels()
  const desk = start('dealz', ['--web', '127.0.0.1:0', '--web-audience', '--scene', 'slow-joiner'], channels)
  const [, audience = ''] = await desk.says(/(http:\/\/127\.0\.0\.1:\S+) for the audience/)
  const { page } = await open('about:blank')
  let received = ''
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => (received += String(payload))))
  await page.goto(audience)
  await onStage(page, /The slow joiner\s+1\/4/)
  await page.getByRole('button', { name: 'Stage', exact: true }).click()
  await page.getByRole('heading', { name: 'Prices flow' }).waitFor()
  expect(await page.getByRole('button', { name: 'Next →' }).count()).toBe(0)
  await page.keyboard.press('ArrowRight')
  await eventually(async () =>
    expect(await page.locator('body').innerText()).toMatch(/can view the desk, not control it/),
  )
  expect(received).toContain('Every tick has a number')
  expect(received).not.toContain('Point at the fourth frame')

  const refused = new URL(audience)
  refused.pathname = '/presenter'
  const answer = await page.goto(refused.href)
  expect([answer?.status(), (await page.locator('body').innerText()).trim()]).toEqual([
    403,
    "The presenter's page is for the one who speaks: this link cannot control the desk.",
  ])
})

// The pictures of the README, taken from the real thing: a suite at work, some people talking, a batch in its middle.

import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from '../desk/browser'
import { ALL_UP, eventually, freeChannels, start, startDesk } from '../desk/programs'

const FOLDER = resolve(import.meta.dirname, '../../../docs/pictures')

/** More orders than two workers value while the pictures are taken. */
const ORDERS = 150_000

useBrowser()

/** Waits until what is shown is drawn, then takes its picture. */
async function take(page: Page, name: string): Promise<void> {
  await eventually(async () => expect(await page.evaluate(() => document.fonts.status)).toBe('loaded'))
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  await page.screenshot({ path: resolve(FOLDER, `${name}.png`) })
}

test('every view, dark, and the desk in light', async () => {
  mkdirSync(FOLDER, { recursive: true })
  const channels = await freeChannels()
  const { link } = await startDesk(['--stage', '--name', 'speaker'], channels)
  const { page } = await open(link)
  await page.emulateMedia({ colorScheme: 'dark' })
  await eventually(async () => expect(await page.locator('p.status').innerText()).toMatch(ALL_UP))

  const log = page.locator('[role="log"]').first()
  for (const [name, text] of [
    ['ada', 'kill a worker, please'],
    ['grace', 'watch the total: it will not move'],
  ] as const) {
    await start('chatz', ['say', name, text], channels).ends()
    await eventually(async () => expect(await log.innerText()).toContain(text))
  }

  await page.keyboard.press('4')
  await page.getByLabel('Orders', { exact: true }).fill(String(ORDERS))
  await page.getByText('value at risk').click()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await eventually(async () => {
    const bar = page.getByRole('progressbar', { name: 'Orders counted' })
    expect(Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(ORDERS / 4)
  }, 60_000)
  await page.keyboard.press('Escape')
  // Nothing is pointed at.
  await page.mouse.move(0, 0)

  // First, while the batch runs.
  await page.keyboard.press('1')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.screenshot({ path: resolve(FOLDER, 'desk-light.png') })
  await page.emulateMedia({ colorScheme: 'dark' })

  const views = ['desk', 'tickz', 'chatz', 'valuz', 'monitor', 'wire', 'processes']
  for (const [index, view] of views.entries()) {
    await page.keyboard.press(String(index + 1))
    if (view === 'wire')
      await page
        .getByRole('listbox', { name: /^Messages/ })
        .getByRole('option')
        .first()
        .click()
    // Charts and lanes draw what has come since the view was opened.
    await take(page, view)
    await page.keyboard.press('Escape')
  }

  await page.keyboard.press('8')
  await page
    .locator('main')
    .getByRole('button', { name: /^The slow joiner/ })
    .click()
  const bar = page.getByRole('region', { name: 'On stage' })
  const met = (cue: number) => eventually(async () => expect(await bar.innerText()).toContain(`${cue}/4 ✓`), 30_000)
  await met(1)
  await page.keyboard.press('ArrowRight')
  await met(2)
  await page.mouse.move(0, 0)
  await take(page, 'stage')
})

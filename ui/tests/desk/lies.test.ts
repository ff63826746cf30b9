// Reports that lie, through the desk's own hub to a page: the page stays safe and quick, what is honest stays visible, and
// the desk stays small.

import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { BOUND, eventually, freeChannels, type Program, start, startDesk, stopwatch } from './programs'

/** The number of lies; in a soak more. */
const LIES = process.env.SOAK ? 100_000 : 20_000
/** How many are sent before the test waits until the page shows that they have arrived: a queue holds a thousand. */
const CHUNK = 500
/** What the desk may take, in a debug build, in KiB. */
const MEMORY_MAX = 256 * 1024
/** When a click must have its answer, in milliseconds: the machine is busy with lies. */
const ANSWER_WITHIN = 3_000

useBrowser()

/** The memory of a process, in KiB. */
function memoryOf({ pid }: Program): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** The number that the text of an element begins with. */
async function numberIn(page: Page, selector: string): Promise<number> {
  return Number(/^[\d,]+/.exec(await page.locator(selector).innerText())?.[0].replaceAll(',', ''))
}

/** The id of a process, from the view of monitors. */
async function idOf(page: Page, { pid }: Program): Promise<string> {
  await page.keyboard.press('5')
  const option = page.locator('option[value^="process "]').filter({ hasText: new RegExp(`pid ${pid}$`) })
  return ((await option.getAttribute('value')) ?? '').replace('process ', '')
}

test(
  'after twenty thousand lies the page shows what is honest, and no name as markup',
  async () => {
    const channels = await freeChannels()
    const { desk, link } = await startDesk([], channels)
    const publisher = start('tickz', ['publish', '--interval', '10ms'], channels)
    const watcher = start('tickz', ['watch', 'MSFT'], channels)
    const { page, sins } = await open(link)
    const victims: string[] = []
    for (const program of [publisher, watcher]) {
      victims.push(await eventually(async () => idOf(page, program)))
    }

    await page.keyboard.press('7')
    const malformed = () => numberIn(page, '.others [role=status]')
    for (let sent = 0, before = 0; sent < LIES; sent += CHUNK) {
      const liar = start('liar', [channels.OBSERVE_REPORTS, String(CHUNK), ...victims])
      expect(await liar.ends(), liar.log).toBe(0)
      // A quarter of them is malformed, and some are lost when a queue is full.
      await eventually(async () => expect(await malformed()).toBeGreaterThan(before + CHUNK / 8))
      before = await malformed()
      expect(memoryOf(desk)).toBeLessThan(MEMORY_MAX)
    }
    expect(await page.getByRole('row').count()).toBeGreaterThan(200)

    const clicked = stopwatch()
    await page
      .getByRole('row')
      .filter({ hasText: String(watcher.pid) })
      .getByRole('button')
      .click()
    await page.getByRole('complementary', { name: 'Process tickz watch' }).waitFor({ timeout: BOUND })
    expect(clicked()).toBeLessThan(ANSWER_WITHIN)
    await page.getByRole('complementary').locator('ul button').click()
    const card = page.getByRole('complementary', { name: 'Socket tickz watch SUB ticks' })
    await eventually(async () => expect(await card.innerText()).toMatch(/●\s*up ·/))
    expect(await card.getByRole('button', { name: 'tickz publish XPUB ticks' }).innerText()).toContain(
      `pid ${publisher.pid}`,
    )
    const received = () => numberIn(page, 'table[aria-label=Counts] tr:first-child td:nth-child(2)')
    const before = await received()
    await eventually(async () => expect(await received()).toBeGreaterThan(before))

    // Names are text wherever they are.
    for (const view of '1234567') {
      await page.keyboard.press(view)
      expect(await page.locator('img, script:not([src^="/"]), iframe').count(), view).toBe(0)
    }
    expect(sins).toEqual([])
  },
  30 * LIES,
)

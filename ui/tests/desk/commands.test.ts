// What `dealz do` has the pages show.

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { type Channels, eventually, freeChannels, start, startDesk } from './programs'

useBrowser()

async function dealz(channels: Channels, ...command: string[]): Promise<void> {
  const asked = start('dealz', ['do', ...command], channels)
  expect(await asked.ends(), asked.log).toBe(0)
}

const shown = (page: Page) => page.locator('nav [aria-current="page"]').innerText()

test('a view is shown by every page that may control the desk, and later the reader chooses again', async () => {
  const channels = await freeChannels()
  const { link } = await startDesk([], channels)
  const [{ page }, { page: other }] = [await open(link), await open(link)]
  await dealz(channels, 'view', 'wire')
  for (const each of [page, other]) await eventually(async () => expect(await shown(each)).toContain('Wire'))
  await page.keyboard.press('3')
  await eventually(async () => expect(await shown(page)).toContain('chatz'))
  await dealz(channels, 'view', 'wire')
  await eventually(async () => expect(await shown(page)).toContain('Wire'))
  const { page: late } = await open(link)
  await late.getByText('connection').first().waitFor()
  expect(await shown(late)).toContain('Desk')
})

test('a process and a socket pulse in the diagram, next to every view too, and stop by themselves', async () => {
  const channels = await freeChannels()
  start('tickz', ['publish', '--rate', '10'], channels)
  const { link } = await startDesk(['--symbols', 'MSFT'], channels)
  const { page, sins } = await open(link)
  const box = page.getByRole('button', { name: /^tickz publish/ }).first()
  await box.waitFor()
  const pulsing = page.locator('.pulsing:visible')
  /** Highlights the target: what pulses has this name, while the command may still be ending. */
  const pulses = (target: string, name: RegExp) =>
    Promise.all([
      dealz(channels, 'highlight', target),
      eventually(async () => {
        const names = await pulsing.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))
        expect(names).toEqual([expect.stringMatching(name)])
      }),
    ])
  await pulses('tickz', /^tickz publish/)

  await page.keyboard.press('2')
  await pulses('dealz/tickz.sub', /^tickz\.sub SUB/)
  await eventually(async () => expect(await pulsing.count()).toBe(0))
  expect(sins).toEqual([])
})

// A session that was recorded, shown again with no socket open.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { eventually, freeChannels, startDesk } from './programs'

let folder = ''

useBrowser()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'desk-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a recording plays: the same prices and words, back and forth', async () => {
  const file = join(folder, 'talk.jsonl')
  const live = await startDesk(['--stage', '--record', file], await freeChannels())
  const { page } = await open(live.link)
  await page.keyboard.press('3')
  await page.getByLabel('Say something to everyone in the room').fill('for the record')
  await page.keyboard.press('Enter')
  await eventually(() => expect(readFileSync(file, 'utf8')).toContain('for the record'))
  live.desk.signal('SIGTERM')
  expect(await live.desk.ends()).toBe(0)

  // No channel has a server: a socket that was opened would show in a monitor.
  const played = await startDesk(['--play', file], await freeChannels())
  const again = await open(played.link)
  const time = again.page.getByRole('slider', { name: 'Time of the recording' })
  await time.press('End')
  await again.page.keyboard.press('3')
  const log = again.page.locator('[role="log"]')
  await eventually(async () => expect(await log.innerText()).toContain('for the record'))
  await time.press('Home')
  await eventually(async () => expect(await log.innerText()).not.toContain('for the record'))
  expect(again.sins).toEqual([])
})

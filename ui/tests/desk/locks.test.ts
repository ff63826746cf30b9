// Keys: the whole suite under CURVE, and the words for a handshake that is refused.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { ALL_UP, eventually, freeChannels, start, startDesk } from './programs'

let keys = ''

useBrowser()
beforeEach(async () => {
  keys = mkdtempSync(join(tmpdir(), 'keys-'))
  await start('keyz', ['suite', '--out', keys, '--allow', join(keys, 'allow')]).ends()
  await start('keyz', ['stranger', '--out', keys]).ends()
})
afterEach(() => rmSync(keys, { recursive: true }))

const curve = (own: string, server: string) => [
  '--security',
  'curve',
  '--key',
  join(keys, `${own}.key_secret`),
  '--server-key',
  join(keys, `${server}.key`),
  '--allow',
  join(keys, 'allow'),
]

test('under CURVE the desk and all that it starts are connected', async () => {
  const { link } = await startDesk(['--stage', '--name', 'suite', ...curve('suite', 'suite')], await freeChannels())
  const { page } = await open(link)
  await eventually(async () => expect(await page.locator('p.status').innerText()).toMatch(ALL_UP))
  await page.keyboard.press('3')
  await page.getByLabel('Say something to everyone in the room').fill('behind locks')
  await page.keyboard.press('Enter')
  await eventually(async () => expect(await page.locator('[role="log"]').innerText()).toContain('behind locks'))
})

test.each([
  ['a key that is not on the list', () => curve('stranger', 'suite'), /not on the server's allow-list/],
  ['another server key', () => curve('suite', 'stranger'), /wrong server key/],
  ['no key', () => [], /different security|other security/],
])('%s: the reason is a sentence', async (_, args, reason) => {
  const channels = await freeChannels()
  start('tickz', ['publish', '--rate', '10', ...curve('suite', 'suite')], channels)
  const { link } = await startDesk(args(), channels)
  const { page } = await open(link)
  await page.keyboard.press('5')
  await eventually(async () => {
    expect(await page.locator('[role="log"][aria-label^="Events"]').innerText()).toMatch(reason)
  })
})

// The phones of an audience: another link, all to see, a name and a text, and nothing else.

import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { ALL_UP, eventually, freeChannels, start } from './programs'

useBrowser()

const PHONE = { width: 390, height: 844 }
const log = '[role="log"][aria-label="Conversation"]'

test('a phone views the desk and chats under a name; the desk shows its link and how many there are', async () => {
  const channels = await freeChannels()
  const desk = start('dealz', ['--stage', '--workers', '1', '--web', '0.0.0.0:0', '--web-audience'], channels)
  const [, control = ''] = await desk.says(/(http:\/\/127\.0\.0\.1:\S+)\n/)
  const [, audience = ''] = await desk.says(/(http:\/\/127\.0\.0\.1:\S+) for the audience/)
  const { page } = await open(control)
  const { page: phone, sins } = await open(audience)
  await phone.setViewportSize(PHONE)
  await eventually(async () => expect(await page.locator('p.status').innerText()).toMatch(ALL_UP))

  // The link that a room sees first is that of the audience.
  await page.keyboard.press('q')
  const dialog = page.getByRole('dialog')
  await eventually(async () => expect(await dialog.innerText()).toMatch(/chat under a name[\s\S]*1 phone connected/))
  expect(await dialog.locator('a').getAttribute('href')).toContain(new URL(audience).searchParams.get('token'))
  await page.keyboard.press('Escape')

  await phone.getByRole('button', { name: 'chatz', exact: true }).click()
  await phone.getByLabel('Your name').fill('grace hopper')
  await eventually(async () => expect(await phone.locator('form').first().innerText()).toMatch(/letters/i))
  await phone.getByLabel('Your name').fill('grace')
  await phone.getByLabel('Say something to the room').fill('hello from row 5')
  await phone.getByRole('button', { name: 'Say', exact: true }).click()
  for (const each of [page, phone]) {
    if (each === page) await each.keyboard.press('3')
    await eventually(async () =>
      expect(await each.locator(log).innerText()).toContain('grace (room): hello from row 5'),
    )
  }
  expect(await phone.getByRole('button', { name: 'Rename' }).count()).toBe(0)
  if (process.env.PICTURES) await phone.screenshot({ path: `${process.env.PICTURES}/audience.png` })

  // Its name is kept; what is chosen for the pages that control does not move it.
  await start('dealz', ['do', 'view', 'wire'], channels).ends()
  await eventually(async () => expect(await page.locator('nav [aria-current="page"]').innerText()).toContain('Wire'))
  expect(await phone.locator('nav [aria-current="page"]').innerText()).toContain('chatz')
  await phone.reload()
  await phone.getByRole('button', { name: 'chatz', exact: true }).click()
  expect(await phone.getByLabel('Your name').inputValue()).toBe('grace')
  expect(sins).toEqual([])
  await phone.close()
  await page.keyboard.press('q')
  await eventually(async () => expect(await dialog.innerText()).toMatch(/0 phones connected/))
})

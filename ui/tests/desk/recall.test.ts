// The recording of a scene, for when the live thing fails: made by the desk, played over the live one, which continues.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { flowFolder, record, recordingOf, SCENE } from './flow'
import { eventually, freeChannels, start, startDesk } from './programs'

useBrowser()

const mark = (page: Page) => page.getByRole('region', { name: 'This is a recording' })
const bar = (page: Page) => page.getByRole('region', { name: 'Recording', exact: true })
const stage = (page: Page) => page.getByRole('region', { name: 'On stage' })

async function picture(page: Page, name: string): Promise<void> {
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}.png` })
}

test('v plays the recording of a scene under a mark that no view hides, v or Escape goes back to a desk that is fresh', async () => {
  const folder = flowFolder()
  await record(folder)
  const channels = await freeChannels()
  const { link } = await startDesk(['--scenes', folder, '--scene', 'flow'], channels)
  const { page, sins } = await open(link)
  await eventually(async () => expect(await stage(page).innerText()).toMatch(/Flow\s+1\/2 ✓/))
  await page.keyboard.press('v')
  await mark(page).waitFor()
  expect(await mark(page).innerText()).toMatch(/^RECORDING[\s\S]*Flow\. It is not live\./)
  for (const view of '23456781') {
    await page.keyboard.press(view)
    expect(await mark(page).isVisible(), `view ${view}`).toBe(true)
  }
  await page.keyboard.press('d')
  const top = await mark(page).boundingBox()
  expect(top && top.y >= 0 && top.y < 20 && top.height > 40 && top.width > 1200).toBe(true)
  await picture(page, 'recall-alone')
  await page.keyboard.press('8')
  await eventually(async () => expect(await stage(page).innerText()).toMatch(/2\/2 ✓/))
  await page.getByText('The text of the first cue.').first().waitFor({ state: 'detached' })
  await picture(page, 'recall-stage')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([])

  // Nothing of it can be commanded; arrows lead through its cues, and the space bar pauses it.
  expect(await page.getByRole('button', { name: 'Next →' }).count()).toBe(0)
  await page.keyboard.press('k')
  await page.getByText('This is a recording. v or Esc').waitFor()
  await page.keyboard.press('ArrowLeft')
  await eventually(async () => expect(await stage(page).innerText()).toMatch(/[12]\/2/))
  if ((await bar(page).getByRole('button', { name: 'Pause' }).count()) === 0) await page.keyboard.press(' ')
  await bar(page).getByRole('button', { name: 'Pause' }).waitFor()
  await page.keyboard.press(' ')
  await bar(page).getByRole('button', { name: 'Play' }).waitFor()

  // Meanwhile the live scene is taken a cue further, and the page knows it when it returns.
  expect(await start('dealz', ['do', 'cue', 'next'], channels).ends()).toBe(0)
  await page.keyboard.press('Escape')
  await mark(page).waitFor({ state: 'detached' })
  await eventually(async () => expect(await stage(page).innerText()).toMatch(/2\/2 ✓/))
  await page.getByRole('button', { name: 'Next →' }).waitFor()
  await page.keyboard.press('v')
  await mark(page).waitFor()
  await page.keyboard.press('v')
  await mark(page).waitFor({ state: 'detached' })
  await page.keyboard.press('ArrowLeft')
  await eventually(async () => expect(await stage(page).innerText()).toMatch(/1\/2 ✓/))
  expect(sins).toEqual([])
})

test('the presenter’s button has the desk play it, and the next scene ends it', async () => {
  const folder = flowFolder()
  await record(folder)
  writeFileSync(join(folder, 'again.md'), SCENE.replace('# Flow', '# Again'))
  const { link } = await startDesk(['--scenes', folder, '--scene', 'flow', '--web-audience'], await freeChannels())
  const { page: desk } = await open(link)
  const { page, sins } = await open(new URL('/presenter', link).href)
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  await press('Recording')
  await mark(desk).waitFor()
  await mark(page).waitFor()
  expect(await mark(page).innerText()).toMatch(/RECORDING[\s\S]*The desk shows it; this page is live\./)
  // The speaker's page stays with the live scene and its notes.
  await page.getByText('Notes.').waitFor()
  await picture(page, 'recall-presenter')
  // Another page that may control the desk, and one that is reloaded, show it too.
  await desk.reload()
  await mark(desk).waitFor()
  await press('Back to live')
  await mark(desk).waitFor({ state: 'detached' })
  await press('Recording')
  await mark(desk).waitFor()
  await page
    .getByRole('button', { name: /^Again/ })
    .first()
    .click()
  await mark(desk).waitFor({ state: 'detached' })
  expect(sins).toEqual([])
})

test('without a recording, with a broken one or one of another version there is a notice, and the desk continues', async () => {
  const folder = flowFolder()
  const recording = recordingOf(folder)
  const { link } = await startDesk(['--scenes', folder, '--scene', 'flow'], await freeChannels())
  const { page, sins } = await open(link)
  await eventually(async () => expect(await stage(page).innerText()).toMatch(/1\/2 ✓/))
  const says = async (words: RegExp) => {
    await page.keyboard.press('v')
    await page.getByRole('alert').filter({ hasText: words }).waitFor()
    expect(await mark(page).count()).toBe(0)
  }
  await says(/there is no recording of flow: `just recordings flow` makes one/)
  writeFileSync(recording, 'garbage\n')
  await says(/flow\.jsonl: line 1: expected value/)
  writeFileSync(recording, '{"kind":"update","update":{"timeMs":1,"snapshot":true,"sockets":[]}}\n')
  await says(/this version of dealz plays its own recordings/)
  await page.keyboard.press('ArrowRight')
  await eventually(async () => expect(await stage(page).innerText()).toMatch(/2\/2 ✓/))
  expect(readFileSync(recording, 'utf8')).toContain('sockets')
  expect(sins).toEqual([])
})

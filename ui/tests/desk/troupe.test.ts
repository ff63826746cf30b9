// The processes of a scene: what is built before they start, their list in view 7, and their names in the diagram.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { open, useBrowser } from './browser'
import { eventually, freeChannels, startDesk } from './programs'

useBrowser()

const SCENE = `# Three of a kind

\`\`\`toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 20 --sequence"
[silent]
run = "tickz watch MSFT --json"
env = { SUITE_OBSERVE = "off" }
[worker]
run = "peer shell worker"
\`\`\`

## All are there

\`\`\`toml expect
within = "20s"
"worker.prints" = "contains here"
"prices.ticks.peers" = 1
\`\`\`
`

/** A language whose build waits until something is written to the file `gate`. */
const LANGUAGES = `[shell]
name = "Shell"
library = "none"
present = "true"
versions = "echo 1"
extension = "sh"
build = "cat {root}/gate && cp {file} {out}"
run = "sh {out}"
hard = "everything"
`

/** A folder with a scene and the language of its peer. */
function folder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dealz-troupe-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = { 'scenes/three.md': SCENE, 'polyglot/languages.toml': LANGUAGES, 'polyglot/shell/worker.sh': WORKER }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  execFileSync('mkfifo', [join(folder, 'gate')])
  return folder
}

const WORKER = 'echo here; exec sleep 1000\n'

async function picture(page: Awaited<ReturnType<typeof open>>['page'], name: string): Promise<void> {
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}.png` })
}

test('what is built is shown, the scene starts by itself, and view 7 lists and kills its processes', async () => {
  const scenes = folder()
  const { link } = await startDesk(['--scenes', join(scenes, 'scenes'), '--scene', 'three'], await freeChannels())
  const { page, sins } = await open(link)
  await page.keyboard.press('8')
  const waits = page.getByText(/^building the worker in Shell, \d+ s$/)
  await waits.waitFor()
  await page.getByText('◌ preparing').waitFor()
  await picture(page, 'troupe-building')
  writeFileSync(join(scenes, 'gate'), '')
  await page.getByRole('region', { name: 'On stage' }).getByText('1/1 ✓').waitFor()
  expect(await waits.count()).toBe(0)

  // One that does not report is drawn by the name that the scene gives it.
  await page.getByRole('button', { name: /^silent\b.*: does not report/ }).waitFor()
  await picture(page, 'troupe-stage')

  await page.keyboard.press('7')
  const troupe = page.getByRole('region', { name: 'Processes of the scene' })
  const row = (name: string) => troupe.getByRole('rowgroup', { name, exact: true })
  await eventually(async () => expect(await row('worker').innerText()).toMatch(/running[\s\S]*sh \/[\s\S]*here/))
  await eventually(async () => expect(await row('silent').innerText()).toMatch(/\{"/))
  expect(await troupe.innerText()).toContain('3 of 3 processes alive')
  await picture(page, 'troupe-list')
  await page.getByRole('button', { name: 'kill -9 worker' }).click()
  await eventually(async () => expect(await row('worker').innerText()).toContain('killed by signal 9'))
  await page.getByRole('button', { name: 'Start worker' }).click()
  await eventually(async () => expect(await row('worker').innerText()).toContain('running'))
  expect(sins).toEqual([])
})

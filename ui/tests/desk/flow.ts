// A small scene of two cues, and its recording.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { freeChannels, start } from './programs'

export const SCENE = `# Flow

\`\`\`toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 50 --sequence"
[early]
run = "tickz watch MSFT --json"
\`\`\`

## Prices flow

The text of the first cue.

> Notes.

\`\`\`toml expect
within = "30s"
"early.received" = ">= 20"
\`\`\`

## They keep flowing

\`\`\`toml expect
within = "30s"
"early.received" = "rises >= 20"
\`\`\`
`

/** A folder of scenes for one test, with this scene as `flow`. */
export function flowFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'desk-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'recordings'))
  writeFileSync(join(folder, 'flow.md'), SCENE)
  return folder
}

/** Where the recording of the scene in such a folder is. */
export function recordingOf(folder: string): string {
  return join(folder, 'recordings', 'flow.jsonl')
}

/** Has a desk play the scene by itself and record it. */
export async function record(folder: string): Promise<void> {
  const args = ['--web', '127.0.0.1:0', '--scenes', folder, '--scene', 'flow', '--auto', '--pause', '1s']
  const desk = start('dealz', [...args, '--record', recordingOf(folder)], await freeChannels())
  expect(await desk.ends(), desk.log).toBe(0)
}

// Events as JSON: saved as a file, or copied to the clipboard.

import { inWindow } from '../../backend/tauri'
import type { MonitorLine } from '../../generated/MonitorLine'

/** The events as text, one object a line within one array. */
export function eventsJson(events: readonly MonitorLine[]): string {
  return `[\n${events.map((line) => `  ${JSON.stringify(line)}`).join(',\n')}\n]\n`
}

/** The name of the file: `dealz-events-20261121-100003.json`. */
export function fileName(timeMs: number): string {
  const stamp = new Date(timeMs).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  return `dealz-events-${stamp}.json`
}

/**
 * Has the browser, or the window, save a text as a file. Returns its name, which in the window is a whole path, or null
 * if it could not be saved; a browser does not report that.
 */
export async function saveFile(name: string, text: string): Promise<string | null> {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  const saved = inWindow() ? savedByWindow() : nextTurn().then(() => name)
  link.click()
  return saved.finally(() => URL.revokeObjectURL(address))
}

/** What the window reports when it is done. */
function savedByWindow(): Promise<string | null> {
  return new Promise((done) =>
    addEventListener('saved', (event) => done((event as CustomEvent<string | null>).detail), { once: true }),
  )
}

/** By then a browser has taken what it saves. */
function nextTurn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0))
}

/** Puts a text on the clipboard; false if that is not allowed. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

/** The old way, for pages that are served without TLS on another address than this machine's. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'heard'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}

// Handing events to the user as JSON: a file where the browser makes one, the clipboard where it does not.

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

/** Has the browser save a text as a file. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has taken hold of it by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0)
}

/** Puts a text on the clipboard; false where that is not allowed. */
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

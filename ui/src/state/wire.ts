// The bytes of a message and the fields that they are: which byte belongs to which field, and lines of hex for a page.

import type { FieldView } from '../generated/FieldView'
import type { FrameView } from '../generated/FrameView'
import type { MessageView } from '../generated/MessageView'

/** Bytes in one line of hex. */
export const LINE_BYTES = 8

/** Consecutive bytes that belong to the same field, or to none. */
export interface Run {
  /** Its place in the fields of the message; none for bytes that are no field's. */
  field: number | null
  /** `4d 53 46 54`. */
  hex: string
  /** `MSFT`, and `·` for what cannot be shown. */
  text: string
  byteCount: number
}

export interface HexLine {
  /** Its first byte in the frame. */
  start: number
  runs: Run[]
}

/** The bytes of a frame that are kept. Digits that make no byte are left out. */
export function bytesOf(frame: FrameView): number[] {
  const bytes: number[] = []
  for (let index = 0; index + 1 < frame.hex.length; index += 2) {
    const byte = Number.parseInt(frame.hex.slice(index, index + 2), 16)
    if (!Number.isNaN(byte)) bytes.push(byte)
  }
  return bytes
}

/** To which field each byte of a frame belongs. */
export function fieldsOf(fields: readonly FieldView[], frame: number, byteCount: number): (number | null)[] {
  const owners: (number | null)[] = new Array<null>(byteCount).fill(null)
  fields.forEach((field, index) => {
    if (field.frame !== frame) return
    owners.fill(index, field.start, Math.min(byteCount, field.start + field.byteCount))
  })
  return owners
}

/** A frame as lines of hex, each cut into runs where the field changes. */
export function hexLines(message: MessageView, frame: number): HexLine[] {
  const view = message.frames[frame]
  if (view === undefined) return []
  const bytes = bytesOf(view)
  const owners = fieldsOf(message.fields, frame, bytes.length)
  const lines: HexLine[] = []
  for (let start = 0; start < bytes.length; start += LINE_BYTES) {
    lines.push({ start, runs: runsOf(bytes, owners, start, Math.min(bytes.length, start + LINE_BYTES)) })
  }
  return lines
}

function runsOf(bytes: readonly number[], owners: readonly (number | null)[], start: number, end: number): Run[] {
  const runs: Run[] = []
  let from = start
  for (let index = start + 1; index <= end; index++) {
    if (index < end && owners[index] === owners[from]) continue
    const run = bytes.slice(from, index)
    runs.push({
      field: owners[from] ?? null,
      hex: run.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      text: run.map(shown).join(''),
      byteCount: run.length,
    })
    from = index
  }
  return runs
}

/** A byte as text: only what looks the same everywhere. */
function shown(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'
}

/** The place of a field in words: `frame 2, bytes 0 to 7`. Frames are numbered from 1, as in `protocol-docs`. */
export function placeWords(field: FieldView): string {
  const frame = `frame ${field.frame + 1}`
  if (field.byteCount === 0) return `${frame}, no bytes`
  if (field.byteCount === 1) return `${frame}, byte ${field.start}`
  return `${frame}, bytes ${field.start} to ${field.start + field.byteCount - 1}`
}

/** The same for little room: `2: 0–7`. */
export function placeBrief(field: FieldView): string {
  const last = field.start + field.byteCount - 1
  if (field.byteCount === 0) return `${field.frame + 1}: –`
  return `${field.frame + 1}: ${field.byteCount === 1 ? last : `${field.start}–${last}`}`
}

/** The part of a value in parentheses: the same in another unit. */
const ASIDE = / \(.*\)$/

/** A point in time as a field has it: of it a line shows the time of day, or the day at midnight. */
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z| UTC)$/

/** A message in one line: `symbol MSFT · price 41.780`. */
export function summary(message: MessageView): string {
  return message.fields
    .map((field) => `${field.name} ${field.value.replace(ASIDE, '').replace(TIME, timeOf)}`)
    .join(' · ')
}

function timeOf(_: string, day: string, time: string): string {
  return time === '00:00:00' ? day : time
}

/** Bytes of a frame that is shown in one line. */
const BRIEF_BYTES = 12

/** `4d 53 46 54  MSFT`; longer frames end in an ellipsis, and an empty one reads `empty`. */
export function hexText(frame: FrameView): string {
  if (frame.byteCount === 0) return '(empty)'
  const bytes = (frame.hex.match(/../g) ?? []).slice(0, BRIEF_BYTES)
  const text = bytes.map((byte) => shown(parseInt(byte, 16))).join('')
  const more = frame.byteCount > bytes.length ? '…' : ''
  return `${(bytes.join(' ') + more).padEnd(3 * BRIEF_BYTES)} ${text}${more}`
}

/** What a message means, in one line; where that is not known, its first bytes. */
export function wordsOf(message: MessageView): string {
  if (isWithheld(message)) return 'bytes withheld'
  const [frame] = message.frames
  return message.fields.length > 0 || !frame ? summary(message) : hexText(frame)
}

/** How many messages between two that are kept are not. */
export function skippedBetween(older: MessageView | undefined, newer: MessageView): number {
  return older === undefined ? 0 : Math.max(0, newer.id - older.id - 1)
}

/** The message that is shown: the pinned one, even after it left the list, or the newest. */
export function lookedAt(messages: readonly MessageView[], pinned: MessageView | null): MessageView | null {
  return pinned ?? messages.at(-1) ?? null
}

/**
 * The message so many places newer (above zero) or older than one. A pinned message that has left the list is older
 * than all of it.
 */
export function stepped(messages: readonly MessageView[], from: MessageView | null, by: number): MessageView | null {
  if (from === null) return messages.at(-1) ?? null
  let index = messages.findIndex((message) => message.id >= from.id)
  if (index < 0) index = messages.length - 1
  const gone = messages[index]?.id !== from.id
  const target = gone && by > 0 ? index + by - 1 : index + by
  return messages[Math.min(messages.length - 1, Math.max(0, target))] ?? null
}

/** Whether the process of a message reports that it was, but not its bytes. */
export function isWithheld(message: MessageView): boolean {
  return message.frameCount > 0 && message.frames.length === 0
}

/** Why there are no bytes, and what shows them. */
export const WITHHELD =
  'Its process withholds the bytes of its messages, as it does with keys or passwords. Start it with --observe-bytes to see them.'

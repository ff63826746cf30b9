// A frame in one line: its bytes, and the same as text.

import type { FrameView } from '../../generated/FrameView'

/** Bytes that such a line shows. */
export const LINE_BYTES = 12

/** `4d 53 46 54  MSFT`; longer frames end in an ellipsis, and an empty one reads `empty`. */
export function hexText(frame: FrameView): string {
  if (frame.byteCount === 0) return '(empty)'
  const bytes = (frame.hex.match(/../g) ?? []).slice(0, LINE_BYTES)
  const text = bytes.map((byte) => printable(parseInt(byte, 16))).join('')
  const more = frame.byteCount > bytes.length ? '…' : ''
  return `${(bytes.join(' ') + more).padEnd(3 * LINE_BYTES)} ${text}${more}`
}

function printable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'
}

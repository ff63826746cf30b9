// How boxes are drawn, by the room that a column has, and how high that makes them.

import type { Node } from './graph'
import type { Sides } from './sides'

/**
 * With a title above the ports, `tall` with room for lines where a hint says so, `close` with little room; with the title next to
 * the ports; or as small as their lines allow.
 */
export type Form = 'tall' | 'full' | 'close' | 'snug' | 'line'

/** From the roomiest to the densest. */
export const DENSER: readonly Form[] = ['tall', 'full', 'close', 'snug', 'line']

interface Measures {
  /** The height of the title, of the place of a port, of what is below the ports, of the gap to the next box. */
  head: number
  port: number
  foot: number
  gap: number
  /** The height of a box without ports. */
  least: number
}

const FULL: Measures = { head: 2, port: 2, foot: 0.4, gap: 0.9, least: 4.4 }

/** In the unit of the form: that of `tall` and `full` stretches with the room, that of the others is an em. */
export const FORMS: Readonly<Record<Form, Measures>> = {
  tall: FULL,
  full: FULL,
  close: { head: 1.75, port: 1.5, foot: 0.25, gap: 0.5, least: 3.5 },
  snug: { head: 0.13, port: 1.05, foot: 0.13, gap: 0.32, least: 1.6 },
  line: { head: 0.2, port: 0.5, foot: 0.2, gap: 0.25, least: 1.5 },
}

/** The height of a separate title in the dense forms, in em. */
const TITLE = 1.2

/** Whether a title is above the ports. */
export function isFull(form: Form): boolean {
  return form === 'tall' || form === 'full' || form === 'close'
}

/** The ports of a box in rows: the left and the right side count apart, wide ones take both. */
export function rowsOf(node: Node, sides: Sides['ports']): { rows: Map<string, number>; count: number } {
  const rows = new Map<string, number>()
  let [left, right] = [0, 0]
  for (const { key } of node.ports) {
    const side = sides.get(key)
    const row = side === 'left' ? left : side === 'right' ? right : Math.max(left, right)
    rows.set(key, row)
    if (side !== 'right') left = row + 1
    if (side !== 'left') right = row + 1
  }
  return { rows, count: Math.max(left, right) }
}

/** The height of what is above the ports: of a title also in the dense forms, if a port is as wide as the box. */
function headOf(node: Node, form: Form, sides: Sides['ports']): number {
  const wide = node.ports.some(({ key }) => sides.get(key) === 'both')
  return FORMS[form].head + (wide && !isFull(form) ? TITLE : 0)
}

/** How high a box is in a form. */
export function sizeOf(node: Node, form: Form, sides: Sides['ports']): number {
  const { port, foot, least } = FORMS[form]
  const head = headOf(node, form, sides)
  const needed = Math.max(least, head + port * rowsOf(node, sides).count + foot)
  return form === 'tall' ? Math.max(node.hint?.size ?? 0, needed) : needed
}

/** Where the middle of each port of a box is, from its top. */
export function middlesOf(node: Node, form: Form, sides: Sides['ports']): Map<string, number> {
  const { port, foot } = FORMS[form]
  const head = headOf(node, form, sides)
  const { rows, count } = rowsOf(node, sides)
  const size = sizeOf(node, form, sides)
  const spare = size - head - foot - port * count
  const pitch = form === 'tall' && count > 1 ? port + spare / (count - 1) : port
  // What is higher than its ports need has them in its middle.
  const top = isFull(form) ? head : head + spare / 2
  return new Map([...rows].map(([key, row]) => [key, top + port / 2 + row * pitch]))
}

// The keyboard: which key does what. Keys never act while a field has the focus.

import type { ViewName } from '../generated/ViewName'

export type View = ViewName
export const VIEWS: readonly View[] = ['desk', 'tickz', 'chatz', 'valuz', 'monitor', 'wire', 'processes', 'stage']

/** What a key does that is not the choice of a view. */
export type Act =
  | 'help'
  | 'field'
  | 'kill'
  | 'next'
  | 'slower'
  | 'faster'
  | 'pause'
  | 'freeze'
  | 'message'
  | 'spotlight'
  | 'alone'
  | 'bigger'
  | 'smaller'
  | 'size'
  | 'projector'
  | 'full'
  | 'link'
  | 'reset'
  | 'forward'
  | 'back'
  | 'clear'
  | 'whole'
  | 'presenter'
  | 'recording'

export type KeyAct = { key: 'view'; view: View } | { key: Act }

/** What a pressed key is made of. */
export interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

/** The keys as the help lists them, in the order of use. */
export const KEYS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ['1', '…', '8'], does: 'show a view' },
  { keys: ['→', '←'], does: 'scene: next cue, back; so do the keys of a clicker' },
  { keys: ['c'], does: 'scene: clear all faults' },
  { keys: ['v'], does: 'scene: its recording in place of what is live; again or Esc: back to live' },
  { keys: ['a'], does: 'diagram: all processes, or those of the scene' },
  { keys: ['w'], does: 'the presenter’s page in a separate window' },
  { keys: ['/'], does: 'go to the field of the view' },
  { keys: ['k'], does: 'kill a worker with signal 9' },
  { keys: ['n'], does: 'send the next order of the batch, one at a press' },
  { keys: ['<', '>'], does: 'batch: slower, faster' },
  { keys: ['space'], does: 'pause the logs, or resume them' },
  { keys: ['z'], does: 'freeze the picture; again: back to now' },
  { keys: ['m'], does: 'diagram: to the next message on its way; Enter opens it' },
  { keys: ['s'], does: 'diagram: spotlight on a process or a pattern' },
  { keys: ['d'], does: 'the diagram alone, on and off' },
  { keys: ['r'], does: 'reset the desk; press it twice' },
  { keys: ['q'], does: 'QR code of this page, for phones' },
  { keys: ['f'], does: 'full screen, on and off' },
  { keys: ['p'], does: 'projector: high contrast, larger type' },
  { keys: ['i', 'o', 'Home'], does: 'diagram: closer, further away, all of it; Shift and arrows move it' },
  { keys: ['+', '−', '0'], does: 'larger, smaller, original size' },
  { keys: ['?'], does: 'this list; in the wire view, the specification' },
  { keys: ['Esc'], does: 'leave a field, close what is open, end spotlight and diagram alone' },
]

/** Each key that acts in every view. */
const ACTS: Readonly<Record<string, Act>> = {
  '/': 'field',
  k: 'kill',
  n: 'next',
  '<': 'slower',
  '>': 'faster',
  z: 'freeze',
  m: 'message',
  s: 'spotlight',
  d: 'alone',
  ' ': 'pause',
  '+': 'bigger',
  '=': 'bigger',
  '-': 'smaller',
  '−': 'smaller',
  '0': 'size',
  p: 'projector',
  f: 'full',
  F11: 'full',
  q: 'link',
  r: 'reset',
  ArrowRight: 'forward',
  PageDown: 'forward',
  ArrowLeft: 'back',
  PageUp: 'back',
  c: 'clear',
  a: 'whole',
  w: 'presenter',
  v: 'recording',
}

/** What a key does in a view, if anything. */
export function keyAct(pressed: Pressed, view: View): KeyAct | null {
  // Combinations belong to the browser.
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null
  // In the wire view it opens the specification, which is the panel's own.
  if (pressed.key === '?') return view === 'wire' ? null : { key: 'help' }
  const shown = /^[1-8]$/.test(pressed.key) ? VIEWS[Number(pressed.key) - 1] : undefined
  if (shown) return { key: 'view', view: shown }
  // With Shift, arrows move the diagram.
  if (pressed.shiftKey && pressed.key.length > 1) return null
  const act = ACTS[pressed.key]
  return act ? { key: act } : null
}

const FIELDS = 'input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]'

/** Elements that arrows step through. */
const STEPS = 'input, [role=listbox], [role=option], [role=slider], [role=tab], [role=separator]'

/**
 * Whether an element takes the keys for itself: a field; for the space bar, whatever can be pressed; for arrows, what has
 * steps.
 */
export function takesKeys(element: Element | null, key: string): boolean {
  if (element === null) return false
  if (isField(element)) return true
  if (/^(Arrow|Page)/.test(key)) return element.matches(STEPS)
  return key === ' ' && element.matches('button, a[href], input, summary, [role=button], [role=tab], [role=slider]')
}

function isField(element: Element): boolean {
  return element.matches(FIELDS)
}

/** Leaves the field that has the focus when something else is pressed: some browsers keep it there. */
export function leaveField(pressed: EventTarget | null): void {
  const focused = document.activeElement
  if (!(focused instanceof HTMLElement) || !isField(focused) || !(pressed instanceof Node)) return
  const label = pressed instanceof Element ? pressed.closest('label') : null
  if (!focused.contains(pressed) && label?.control !== focused) focused.blur()
}

// The keyboard: which key does what. Keys never act while somebody types.

export const VIEWS = ['desk', 'tickz', 'chatz', 'valuz', 'monitor', 'wire', 'processes'] as const
export type View = (typeof VIEWS)[number]

export type KeyAct =
  | { key: 'view'; view: View }
  | { key: 'help' | 'field' | 'kill' | 'pause' | 'bigger' | 'smaller' | 'size' | 'projector' | 'reset' }

/** What a pressed key is made of. */
export interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

/** What the help says, in the order of use. */
export const KEYS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ['1', '…', '7'], does: 'show a view' },
  { keys: ['/'], does: 'go to the field of the view' },
  { keys: ['k'], does: 'kill a worker with -9' },
  { keys: ['space'], does: 'pause the logs, or go on' },
  { keys: ['r'], does: 'put everything back to the start; asks once' },
  { keys: ['p'], does: 'projector: high contrast, larger type' },
  { keys: ['+', '−', '0'], does: 'larger, smaller, as designed' },
  { keys: ['?'], does: 'this list; in the wire view, the page of the protocol' },
  { keys: ['Esc'], does: 'close what is open' },
]

/** What a key does in a view, if anything. */
export function keyAct(pressed: Pressed, view: View): KeyAct | null {
  // Combinations belong to the browser.
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null
  switch (pressed.key) {
    case '?':
      // There it opens the page of the protocol, which is the panel's own.
      return view === 'wire' ? null : { key: 'help' }
    case '/':
      return { key: 'field' }
    case 'k':
      return { key: 'kill' }
    case ' ':
      return { key: 'pause' }
    case '+':
    case '=':
      return { key: 'bigger' }
    case '-':
    case '−':
      return { key: 'smaller' }
    case '0':
      return { key: 'size' }
    case 'p':
      return { key: 'projector' }
    case 'r':
      return { key: 'reset' }
  }
  const shown = /^[1-7]$/.test(pressed.key) ? VIEWS[Number(pressed.key) - 1] : undefined
  return shown ? { key: 'view', view: shown } : null
}

/** Whether an element takes the keys for itself: a field, or, for the space bar, whatever can be pressed. */
export function takesKeys(element: Element | null, key: string): boolean {
  if (element === null) return false
  if (element.matches('input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]')) {
    return true
  }
  return key === ' ' && element.matches('button, a[href], input, summary, [role=button], [role=tab], [role=slider]')
}

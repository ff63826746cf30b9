import { expect, test } from 'vitest'
import { keyAct, KEYS, VIEWS } from './keys'

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }

test('1 to 8 show the views in their order', () => {
  VIEWS.forEach((view, index) =>
    expect(keyAct({ ...plain, key: `${index + 1}` }, 'desk')).toEqual({ key: 'view', view }),
  )
  expect(keyAct({ ...plain, key: '9' }, 'desk')).toBeNull()
})

test('every key does one thing', () => {
  const does = {
    '?': 'help',
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
    '-': 'smaller',
    p: 'projector',
    f: 'full',
    q: 'link',
    ArrowRight: 'forward',
    PageDown: 'forward',
    ArrowLeft: 'back',
    PageUp: 'back',
    c: 'clear',
    a: 'whole',
    w: 'presenter',
    v: 'recording',
  }
  for (const [key, act] of Object.entries(does)) expect(keyAct({ ...plain, key }, 'desk')).toEqual({ key: act })
  expect(keyAct({ ...plain, key: '0' }, 'desk')).toEqual({ key: 'size' })
  expect(keyAct({ ...plain, key: 'r' }, 'desk')).toEqual({ key: 'reset' })
})

test('in the wire view ? is left to the panel', () => {
  expect(keyAct({ ...plain, key: '?' }, 'wire')).toBeNull()
})

test('combinations and other keys are left to the browser', () => {
  for (const held of ['ctrlKey', 'metaKey', 'altKey']) {
    expect(keyAct({ ...plain, [held]: true, key: 'r' }, 'desk')).toBeNull()
  }
  for (const key of ['b', 'Enter', 'F5', 'Tab']) expect(keyAct({ ...plain, key }, 'desk')).toBeNull()
})

test('with Shift, arrows move the diagram', () => {
  expect(keyAct({ ...plain, key: 'ArrowRight', shiftKey: true }, 'desk')).toBeNull()
  expect(keyAct({ ...plain, key: '?', shiftKey: true }, 'desk')).toEqual({ key: 'help' })
})

test('the help lists every key', () => {
  expect(KEYS.flatMap(({ keys }) => keys)).toEqual(
    expect.arrayContaining([
      '1',
      '8',
      '→',
      '←',
      'c',
      'a',
      'w',
      'v',
      '/',
      'k',
      'n',
      '<',
      '>',
      'space',
      'z',
      'm',
      's',
      'd',
      'r',
      'q',
      'f',
      'p',
      '+',
      '−',
      '0',
      '?',
      'Esc',
    ]),
  )
})

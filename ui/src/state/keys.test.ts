import { expect, test } from 'vitest'
import { keyAct, KEYS, VIEWS } from './keys'

const plain = { ctrlKey: false, metaKey: false, altKey: false }

test('1 to 7 show the views in their order', () => {
  VIEWS.forEach((view, index) =>
    expect(keyAct({ ...plain, key: `${index + 1}` }, 'desk')).toEqual({ key: 'view', view }),
  )
  for (const key of ['8', '9']) expect(keyAct({ ...plain, key }, 'desk')).toBeNull()
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
  for (const key of ['a', 'Enter', 'F5', 'Tab']) expect(keyAct({ ...plain, key }, 'desk')).toBeNull()
})

test('the help lists every key', () => {
  expect(KEYS.flatMap(({ keys }) => keys)).toEqual(
    expect.arrayContaining([
      '1',
      '7',
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

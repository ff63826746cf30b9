import { describe, expect, it } from 'vitest'
import { doc, placeOf, slug } from './docs'

describe('a page of protocol-docs', () => {
  it('has the sections of its messages', () => {
    for (const [page, ids] of Object.entries({
      tickz: ['tick'],
      chatz: ['request', 'reply', 'broadcast'],
      valuz: ['order', 'outcome', 'control'],
      monitor: ['monitor_event'],
      observe: ['state', 'event', 'message'],
      desk: ['command', 'answer'],
    })) {
      const html = doc(page)?.html ?? ''
      for (const id of ids) expect(html, page).toContain(`id="doc-${id}"`)
    }
  })

  it('holds no live HTML and no way out', () => {
    for (const page of ['README', 'tickz', 'chatz', 'valuz', 'monitor', 'observe', 'desk', 'dealz', 'linkz', 'jobz']) {
      const html = doc(page)?.html ?? ''
      expect(html).not.toMatch(/<script|<img|<iframe|\son\w+=/i)
      expect(html).not.toMatch(/href="(?!#)/)
    }
  })

  it('is none if there is no such page', () => {
    expect(doc('nowhere')).toBeNull()
  })
})

it('links stay within the pages', () => {
  expect(placeOf('chatz.md', 'dealz')).toEqual({ page: 'chatz', id: '' })
  expect(placeOf('valuz.md#order', 'dealz')).toEqual({ page: 'valuz', id: 'order' })
  expect(placeOf('#limits', 'tickz')).toEqual({ page: 'tickz', id: 'limits' })
  expect(placeOf('https://rfc.zeromq.org/', 'tickz')).toBeNull()
  expect(placeOf('vectors/tickz.json', 'tickz')).toBeNull()
  expect(placeOf('', 'tickz')).toBeNull()
})

it('a heading becomes an id', () => {
  expect(slug('Extension: `order id`')).toBe('extension-order-id')
  expect(slug('monitor_event')).toBe('monitor_event')
  expect(slug('Worked examples')).toBe('worked-examples')
})

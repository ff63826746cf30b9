// The specification (protocol-docs), built into the page: the wire view opens it at a message's section.

import type { Tokens } from 'marked'
import { escaped, render } from './markdown'

const FILES = import.meta.glob<string>('../../protocol-docs/*.md', { query: '?raw', import: 'default', eager: true })

/** By name, such as `tickz`. */
const PAGES: ReadonlyMap<string, string> = new Map(
  Object.entries(FILES).map(([path, text]) => [path.replace(/^.*\/|\.md$/g, ''), text]),
)

/** A page as HTML. */
export interface Doc {
  name: string
  html: string
}

/** A place in the pages. */
export interface Place {
  page: string
  /** The id of a heading; empty for the top. */
  id: string
}

/** The id of a heading in links: `` Extension: `order id` `` by `extension-order-id`; its element's id starts with `doc-`. */
export function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

/** The target of a link within the pages; none if it leads out of them, which no page follows. */
export function placeOf(href: string, page: string): Place | null {
  const [whole, file, id] = /^(?:([\w-]+)\.md)?(?:#(.*))?$/.exec(href) ?? ['']
  const target = file ?? page
  return whole !== '' && PAGES.has(target) ? { page: target, id: id ?? '' } : null
}

/** A page of the specification; none if there is no such page. */
export function doc(name: string): Doc | null {
  const text = PAGES.get(name)
  if (text === undefined) return null
  return { name, html: rendered(text, name) }
}

function rendered(text: string, page: string): string {
  return render(text, {
    heading({ tokens, depth, text }: Tokens.Heading) {
      return `<h${depth} id="doc-${slug(text)}" tabindex="-1">${this.parser.parseInline(tokens)}</h${depth}>\n`
    },
    link({ href, tokens }: Tokens.Link) {
      const place = placeOf(href, page)
      if (place === null) return false
      return `<a href="#${escaped(place.id)}" data-page="${place.page}">${this.parser.parseInline(tokens)}</a>`
    },
  })
}

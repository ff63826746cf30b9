// Markdown as HTML for the page. HTML in a text is shown as it is written, and nothing is loaded from or leads to the network.

import { Marked, type RendererObject, type Token, type Tokens } from 'marked'

const SAFE: RendererObject = {
  html: ({ text }: Tokens.HTML | Tokens.Tag) => escaped(text),
  image: ({ text }: Tokens.Image) => escaped(text),
  // An address is shown, not followed.
  link({ href, tokens }: Tokens.Link) {
    const words = this.parser.parseInline(tokens)
    return plain(tokens) === href ? `<span>${words}</span>` : `<span title="${escaped(href)}">${words}</span>`
  },
}

/** Renders a text; `more` changes how some of it is drawn. A renderer that returns `false` leaves it to the safe one. */
export function render(text: string, more: RendererObject = {}): string {
  return new Marked({ renderer: SAFE }, { renderer: more }).parse(text, { async: false })
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

function plain(tokens: readonly Token[]): string {
  return tokens.map(({ raw }) => raw).join('')
}

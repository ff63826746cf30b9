// The links of this desk as they are offered: to the desk itself, and to the presenter's page. Pure.

import type { PageKind } from '../generated/PageKind'
import type { PageLink } from '../generated/PageLink'

/** The path of the presenter's page. */
export const PRESENTER = '/presenter'

export interface Offer {
  url: string
  page: PageKind | 'presenter'
}

/** What a link leads to, as a sentence. */
export const OFFERS: Record<Offer['page'], string> = {
  control: 'This link can control the desk.',
  view: 'This link can view the desk, not control it.',
  audience: 'Everyone in the room can look, and chat under a name.',
  presenter: 'The presenter’s page: notes, the next cue, the clock. It can control the desk: keep it to yourself.',
}

/** The links that work on other machines; behind each that may control, the presenter's page. */
export function offersOf(links: readonly PageLink[]): Offer[] {
  const reachable = links.filter(({ network }) => network)
  const presenters = reachable.filter(({ page }) => page === 'control')
  return [...reachable, ...presenters.map(({ url }) => ({ url: presenterOf(url), page: 'presenter' as const }))]
}

/** The presenter's page next to a page. */
export function presenterOf(url: string): string {
  const address = new URL(url)
  address.pathname = PRESENTER
  address.hash = ''
  return address.href
}

/** Whether an address is that of the presenter's page. */
export function isPresenter(url: string): boolean {
  return new URL(url).pathname === PRESENTER
}

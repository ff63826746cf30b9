// The way that the messages of a type of socket take.

/** Where the messages of a socket run: `out` of it, `in` to it, or both ways. */
export type Flow = 'out' | 'in' | 'both'

export function flowOf(type: string): Flow {
  switch (type) {
    case 'PUB':
    case 'XPUB':
    case 'PUSH':
    case 'RADIO':
    case 'SCATTER':
      return 'out'
    case 'SUB':
    case 'XSUB':
    case 'PULL':
    case 'DISH':
    case 'GATHER':
      return 'in'
    default:
      return 'both'
  }
}

/** The types that ask, and those that answer: of two that talk both ways, the one that asks is further left. */
const ASKING: Readonly<Record<string, number>> = { REQ: 0, CLIENT: 0, DEALER: 1, ROUTER: 2, REP: 3, SERVER: 3 }
/** The rank of all others: between them. */
const UNKNOWN = 1.5

/**
 * On which side of the first socket the second belongs: 1 is right of it, where messages go, -1 is left of it, and 0 leaves
 * it open. A type that is not known is empty.
 */
export function sideOfPeer(type: string, peer: string): -1 | 0 | 1 {
  const [mine, other] = [flowOf(type), flowOf(peer)]
  if (mine === 'out' || other === 'in') return 1
  if (mine === 'in' || other === 'out') return -1
  if (isLinked(type, peer) || isLinked(peer, type)) return 0
  const [asks, answers] = [rankOf(type), rankOf(peer)]
  if (asks === answers) return 0
  return asks < answers ? 1 : -1
}

/** Whether one is a link, and the other a socket that may be at either end of it. */
function isLinked(type: string, peer: string): boolean {
  return type === 'LINK' && (peer === 'DEALER' || peer === 'ROUTER')
}

function rankOf(type: string): number {
  return Object.hasOwn(ASKING, type) ? (ASKING[type] ?? UNKNOWN) : UNKNOWN
}

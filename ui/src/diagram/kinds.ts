// What a type of socket means for the picture: its pattern, which is its colour, and the way that messages take.

/** ZeroMQ's patterns; each has one colour, everywhere the same. */
export type Pattern = 'reqrep' | 'pubsub' | 'pipe' | 'pair'

/** Which pattern a type of socket is part of; `pair` for all that is none of the other three. */
export function patternOfType(type: string): Pattern {
  switch (type) {
    case 'REQ':
    case 'REP':
    case 'DEALER':
    case 'ROUTER':
      return 'reqrep'
    case 'PUB':
    case 'SUB':
    case 'XPUB':
    case 'XSUB':
      return 'pubsub'
    case 'PUSH':
    case 'PULL':
      return 'pipe'
    default:
      return 'pair'
  }
}

/** Where the messages of a socket run: `out` of it, `in` to it, or both ways. */
export type Flow = 'out' | 'in' | 'both'

export function flowOf(type: string): Flow {
  switch (type) {
    case 'PUB':
    case 'XPUB':
    case 'PUSH':
      return 'out'
    case 'SUB':
    case 'XSUB':
    case 'PULL':
      return 'in'
    default:
      return 'both'
  }
}

/** The types that ask, and those that answer: of two that talk both ways, the one that asks is further left. */
const ASKING: Readonly<Record<string, number>> = { REQ: 0, DEALER: 1, ROUTER: 2, REP: 3 }

/**
 * On which side of the first socket the second belongs: 1 is right of it, where messages go, -1 is left of it, and 0 leaves
 * it open. A type that is not known is empty.
 */
export function sideOfPeer(type: string, peer: string): -1 | 0 | 1 {
  const [mine, other] = [flowOf(type), flowOf(peer)]
  if (mine === 'out' || other === 'in') return 1
  if (mine === 'in' || other === 'out') return -1
  const [asks, answers] = [ASKING[type] ?? 1.5, ASKING[peer] ?? 1.5]
  if (asks === answers) return 0
  return asks < answers ? 1 : -1
}

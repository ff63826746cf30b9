// What the type of a socket promises, as ZeroMQ's RFCs 28 to 31 and libzmq's zmq_socket(3) have it: where a message goes,
// what happens when there is no room for it, and what is lost with a peer. Pure.

import { count } from '../format'

export interface SocketType {
  /** What it is for: one sentence. */
  purpose: string
  /** How a message that it sends finds its peer; none if it does not send. */
  sends: string | null
  /** In which order it receives; none if it does not receive. */
  receives: string | null
  /** What happens at the high-water mark, and without a peer. */
  full: string
  /** What is lost when a peer exits. */
  loses: string
  /** The types that it may talk to. */
  peers: readonly string[]
  /** Whether its messages, once sent, wait in a queue for a slow peer instead of being dropped. */
  queues: boolean
}

const QUEUE_LOST = 'Messages queued for a peer that exits are lost, and so is what that peer had not handled yet.'
const FAIR = 'Fair-queued: one message from each peer after the other.'

const TYPES: Readonly<Record<string, SocketType>> = {
  REQ: {
    purpose: 'Sends a request, then receives its reply; never two requests at once.',
    sends: 'Round-robin: each request to the next peer.',
    receives: 'Only from the peer that has the request; anything else is dropped.',
    full: 'Without a peer, or if its queue is full, sending blocks. It drops no request.',
    loses: 'A peer that exits takes the request with it: no reply comes, so the client needs a timeout.',
    peers: ['REP', 'ROUTER'],
    queues: true,
  },
  REP: {
    purpose: 'Receives a request, then sends its reply; one at a time.',
    sends: 'By routing id: each reply to the client whose request it answers.',
    receives: FAIR,
    full: 'It never blocks. A reply for which the client has no room is dropped.',
    loses: 'The reply to a client that has gone is dropped.',
    peers: ['REQ', 'DEALER'],
    queues: false,
  },
  DEALER: {
    purpose: 'Sends and receives in any order: a REQ that need not wait for replies.',
    sends: 'Round-robin: each message to the next peer that has room.',
    receives: FAIR,
    full: 'If all queues are full, or without a peer, sending blocks. It drops nothing.',
    loses: QUEUE_LOST,
    peers: ['ROUTER', 'REP', 'DEALER'],
    queues: true,
  },
  ROUTER: {
    purpose: 'Talks to many peers and knows them apart: the first frame is the routing id of a peer.',
    sends: 'By routing id: each message to the peer that its first frame names.',
    receives: `${FAIR} It puts the routing id of the sender in front.`,
    full: 'Messages to a peer that is not connected, or whose queue is full, are dropped, or refused with ROUTER_MANDATORY.',
    loses: `${QUEUE_LOST} A peer that returns may have another routing id.`,
    peers: ['DEALER', 'REQ', 'ROUTER'],
    queues: false,
  },
  PUB: {
    purpose: 'Publishes to every subscriber that wants the topic.',
    sends: 'Fan-out: a copy to each subscriber whose subscription is a prefix of the first frame.',
    receives: null,
    full: 'It never blocks. A slow subscriber whose queue is full loses messages; the others do not.',
    loses: 'A subscriber misses what is published while it is away. Without a subscriber everything is dropped.',
    peers: ['SUB', 'XSUB'],
    queues: false,
  },
  XPUB: {
    purpose: 'A PUB that also receives the subscriptions of its subscribers.',
    sends: 'Fan-out: a copy to each subscriber whose subscription is a prefix of the first frame.',
    receives: 'Subscriptions: 1 or 0, then the topic.',
    full: 'It never blocks, unless set to (XPUB_NODROP). A slow subscriber whose queue is full loses messages.',
    loses: 'A subscriber misses what is published while it is away. Without a subscriber everything is dropped.',
    peers: ['SUB', 'XSUB'],
    queues: false,
  },
  SUB: {
    purpose: 'Receives the topics that it subscribes to; nothing before its first subscription.',
    sends: 'Subscriptions alone, to every publisher.',
    receives: FAIR,
    full: 'At its high-water mark messages wait in the publisher, which drops them when it is full as well.',
    loses: 'It misses what is published while it is not connected: a late joiner, or after a restart.',
    peers: ['PUB', 'XPUB'],
    queues: false,
  },
  XSUB: {
    purpose: 'A SUB that sends its subscriptions as messages: the receiving side of a proxy.',
    sends: 'Subscriptions, to every publisher.',
    receives: FAIR,
    full: 'At its high-water mark messages wait in the publisher, which drops them when it is full as well.',
    loses: 'It misses what is published while it is not connected.',
    peers: ['PUB', 'XPUB'],
    queues: false,
  },
  PUSH: {
    purpose: 'Distributes work: each message to exactly one peer.',
    sends: 'Round-robin: each message to the next peer that has room.',
    receives: null,
    full: 'If all queues are full, or without a peer, sending blocks: back-pressure. It drops nothing.',
    loses: `${QUEUE_LOST} PUSH sends them to no other peer.`,
    peers: ['PULL'],
    queues: true,
  },
  PULL: {
    purpose: 'Collects messages from many peers.',
    sends: null,
    receives: FAIR,
    full: 'At its high-water mark messages wait in the senders, which block when they are full as well.',
    loses: 'Messages that a peer had not sent when it exited are lost; those received before stay.',
    peers: ['PUSH'],
    queues: true,
  },
  PAIR: {
    purpose: 'Talks to exactly one peer, both ways; made for threads of one process.',
    sends: 'To its one peer.',
    receives: 'From its one peer. A second connection is refused.',
    full: 'Without a peer, or at its high-water mark, sending blocks. It drops nothing.',
    loses: QUEUE_LOST,
    peers: ['PAIR'],
    queues: true,
  },
  STREAM: {
    purpose: 'Talks plain TCP to peers that do not speak ZMTP.',
    sends: 'By routing id: each message to the connection that its first frame names.',
    receives: `${FAIR} The first frame names the connection.`,
    full: 'Messages to a connection that is full are refused.',
    loses: 'Bytes on their way to a peer that exits are lost.',
    peers: [],
    queues: false,
  },
  LINK: {
    purpose: 'Passes bytes on between two peers, and can be slow, cut or half open; no socket of ZeroMQ.',
    sends:
      'Each connection that it accepts is continued by one that it makes; what it receives on one it sends on the other.',
    receives: 'Whatever its peers send; it does not know where a message begins.',
    full: 'It holds little: a reader that is slow soon stops the writer.',
    loses: 'Bytes that it holds are lost with their connection.',
    peers: [],
    queues: false,
  },
}

/** What a type promises, by libzmq's name without `ZMQ_`; none for one that is not known here. */
export function socketType(type: string): SocketType | null {
  return Object.hasOwn(TYPES, type) ? (TYPES[type] ?? null) : null
}

/** A high-water mark in words: how many messages may wait for each peer. */
export function markWords(queue: number): string {
  return queue === 0 ? 'queue without limit' : `queue of ${count(queue)}`
}

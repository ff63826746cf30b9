// A cast that no code of the desk knows: the page alone says which sockets each process of it has, which of them are
// connected, who connects and who is bound, and how many messages have passed; and what is left of them when one is killed.

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { eventually, freeChannels, type Program, start, startDesk, stopwatch } from './programs'

const ANY = 'tcp://127.0.0.1:*'
const MESSAGES = 500
/** When a killed process must be shown as gone: by its silence alone it would be after ten seconds. */
const GONE_WITHIN = 5_000

useBrowser()

/** What the card of a socket says. */
interface Card {
  where: 'bound to' | 'connects to'
  state: string
  /** Its connections that are up: the sockets at their other ends. */
  peers: string[]
  received: number
  sent: number
}

/** The sockets of the cast. An XSUB sends each subscription that it is given, and libzmq passes equal ones on once. */
const SOCKETS: Record<string, Omit<Card, 'state'>> = {
  'left DEALER messages': {
    where: 'connects to',
    peers: ['right ROUTER messages'],
    received: MESSAGES,
    sent: MESSAGES,
  },
  'left PUSH ipc.push': { where: 'connects to', peers: ['right PULL ipc.pull'], received: 0, sent: MESSAGES },
  'left PUSH tcp.push': { where: 'connects to', peers: ['right PULL tcp.pull'], received: 0, sent: MESSAGES },
  'left PULL messages': { where: 'connects to', peers: ['right PUSH messages'], received: MESSAGES, sent: 0 },
  'left XPUB messages': { where: 'connects to', peers: ['relay XSUB messages'], received: 1, sent: MESSAGES },
  'left PAIR pair.main': { where: 'connects to', peers: ['left PAIR pair.thread'], received: 0, sent: MESSAGES },
  // Nothing reports this end of `inproc`.
  'left PAIR pair.thread': { where: 'bound to', peers: [], received: MESSAGES, sent: 0 },
  'relay XSUB messages': { where: 'bound to', peers: ['left XPUB messages'], received: MESSAGES, sent: 2 },
  'relay XPUB messages': {
    where: 'bound to',
    peers: ['right SUB second', 'right SUB sub'],
    received: 2,
    sent: MESSAGES,
  },
  'right PULL ipc.pull': { where: 'bound to', peers: ['left PUSH ipc.push'], received: MESSAGES, sent: 0 },
  'right PULL tcp.pull': { where: 'bound to', peers: ['left PUSH tcp.push'], received: MESSAGES, sent: 0 },
  'right ROUTER messages': { where: 'bound to', peers: ['left DEALER messages'], received: MESSAGES, sent: MESSAGES },
  'right PUSH messages': { where: 'bound to', peers: ['left PULL messages'], received: 0, sent: MESSAGES },
  'right SUB sub': { where: 'connects to', peers: ['relay XPUB messages'], received: MESSAGES, sent: 1 },
  'right SUB second': { where: 'connects to', peers: ['relay XPUB messages'], received: MESSAGES, sent: 1 },
}

/** Starts a program that the suite does not know; `bound` finds where it has bound a socket. */
function cast(
  hub: string,
  role: string,
  sockets: string[],
): { program: Program; bound: (name: string) => Promise<string> } {
  const program = start('cast', [role, ...sockets], { SUITE_OBSERVE: hub })
  const bound = async (name: string) => (await program.says(new RegExp(`^${name} (\\S+)$`, 'm')))[1] ?? ''
  return { program, bound }
}

/** The whole cast: each type of socket connects in one place and is bound in another, over each transport. */
async function startCast(hub: string): Promise<Record<string, Program>> {
  const relay = cast(hub, 'relay', [`in XSUB bind ${ANY}`, `out XPUB bind ${ANY}`])
  const out = await relay.bound('out')
  const right = cast(hub, 'right', [
    'ipc.pull PULL bind ipc://*',
    `router ROUTER bind ${ANY}`,
    `tcp.pull PULL bind ${ANY}`,
    `tcp.push PUSH bind ${ANY} ${MESSAGES}`,
    `sub SUB connect ${out}`,
    '/',
    `second SUB connect ${out}`,
  ])
  const left = cast(hub, 'left', [
    `dealer DEALER connect ${await right.bound('router')} ${MESSAGES}`,
    `ipc.push PUSH connect ${await right.bound('ipc.pull')} ${MESSAGES}`,
    `tcp.push PUSH connect ${await right.bound('tcp.pull')} ${MESSAGES}`,
    `tcp.pull PULL connect ${await right.bound('tcp.push')}`,
    `xpub XPUB connect ${await relay.bound('in')} ${MESSAGES}`,
    `pair.main PAIR connect inproc://threads ${MESSAGES}`,
    '/',
    'pair.thread PAIR bind inproc://threads',
  ])
  return { relay: relay.program, right: right.program, left: left.program }
}

/** The box of a process in the diagram. */
const box = (page: Page, role: string) => page.getByRole('button', { name: new RegExp(`^cast ${role}, `) })

/** The cards of all sockets of a process, by its role and the title of each. */
async function cardsOf(page: Page, role: string, programs: Record<string, Program>): Promise<Record<string, Card>> {
  const card = page.getByRole('complementary')
  await box(page, role).press('Enter')
  await page.getByRole('complementary', { name: `Process cast ${role}` }).waitFor()
  const cards: Record<string, Card> = {}
  const count = await card.locator('ul button').count()
  for (let index = 0; index < count; index++) {
    await card.locator('ul button').nth(index).click()
    await page.getByRole('complementary', { name: `Socket cast ${role}` }).waitFor()
    const [title, text] = [await card.locator('h2').innerText(), await card.locator('.scroll > p').first().innerText()]
    cards[`${role} ${title}`] = {
      where: / · bound to /.test(text) ? 'bound to' : 'connects to',
      state: /^\S\s*(.*?) · /.exec(text)?.[1] ?? text,
      peers: (await peersOf(card.getByRole('listitem').filter({ hasText: /^●/ }), programs)).sort(),
      received: await counted(page, 'received'),
      sent: await counted(page, 'sent'),
    }
    await card.getByRole('button', { name: `cast ${role} · pid` }).click()
  }
  await page.keyboard.press('Escape')
  return cards
}

/** The sockets at the other ends; the pid of each must be that of its program. */
async function peersOf(connections: ReturnType<Page['locator']>, programs: Record<string, Program>): Promise<string[]> {
  const texts = await connections.getByRole('button').allInnerTexts()
  return texts.map((text) => {
    const [, name = text, role = '', pid] = /^cast ((\S+) .*) · pid (\d+)$/.exec(text) ?? []
    expect(Number(pid), text).toBe(programs[role]?.pid)
    return name
  })
}

/** How many messages the open card says; none if it has no such row. */
async function counted(page: Page, direction: 'received' | 'sent'): Promise<number> {
  const row = page.getByRole('table', { name: 'Counts' }).getByRole('row', { name: direction })
  if ((await row.count()) === 0) return 0
  return Number((await row.getByRole('cell').first().innerText()).replaceAll(',', ''))
}

/** The cards of the whole cast. */
async function allCards(page: Page, programs: Record<string, Program>, roles = ['left', 'relay', 'right']) {
  const cards: Record<string, Card> = {}
  for (const role of roles) Object.assign(cards, await cardsOf(page, role, programs))
  return cards
}

test('every line and every count of a cast that the desk does not know is on the page, and what is left of a killed one', async () => {
  const channels = await freeChannels()
  const { link } = await startDesk([], channels)
  const programs = await startCast(channels.OBSERVE_REPORTS)
  const { page, sins } = await open(link)
  for (const role of Object.keys(programs)) await box(page, role).waitFor()

  await eventually(async () => {
    const cards = await allCards(page, programs)
    const shown = Object.entries(cards).map(([name, { state: _, ...card }]) => [name, card])
    expect(Object.fromEntries(shown)).toEqual(SOCKETS)
  })
  expect(await page.locator('p.status').innerText()).toMatch(/\b8 connections up$/)

  await programs.right?.kill()
  const killed = stopwatch()
  await eventually(async () => expect(await box(page, 'right').getAttribute('aria-label')).toMatch(/: ended /))
  expect(killed()).toBeLessThan(GONE_WITHIN)
  await eventually(async () => {
    const cards = await allCards(page, programs, ['left', 'relay'])
    for (const name of ['left DEALER messages', 'left PUSH ipc.push', 'left PUSH tcp.push', 'left PULL messages']) {
      expect(cards[name]).toMatchObject({ peers: [], state: expect.stringMatching(/^(connecting|retrying)/) })
    }
    expect(cards['relay XPUB messages']).toMatchObject({ peers: [], state: 'bound, no peer' })
    expect(cards['left XPUB messages']).toMatchObject({ peers: ['relay XSUB messages'], state: 'up' })
  })
  expect(sins).toEqual([])
})

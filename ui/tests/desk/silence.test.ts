// A service on a host whose packets vanish: a network namespace of its own, whose way back is taken away. Nothing is
// closed and nothing refused, so only silence tells. Making the namespace takes root.

import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { eventually, freeChannels, start, startDesk } from './programs'

const HERE = '10.203.7.1'
const THERE = '10.203.7.2'
const NAMESPACE = `desk-${process.pid}`
const isRoot = process.getuid?.() === 0

const ip = (...args: string[]) => execFileSync('ip', args)
const inside = (...args: string[]) => ip('netns', 'exec', NAMESPACE, ...args)

useBrowser()

beforeEach(() => {
  if (!isRoot) return
  ip('netns', 'add', NAMESPACE)
  ip('link', 'add', 'desk0', 'type', 'veth', 'peer', 'name', 'desk1', 'netns', NAMESPACE)
  ip('addr', 'add', `${HERE}/30`, 'dev', 'desk0')
  ip('link', 'set', 'desk0', 'up')
  inside('ip', 'addr', 'add', `${THERE}/30`, 'dev', 'desk1')
  inside('ip', 'link', 'set', 'desk1', 'up')
  inside('ip', 'link', 'set', 'lo', 'up')
})

afterEach(() => {
  if (isRoot) ip('netns', 'del', NAMESPACE)
})

test.runIf(isRoot)('a publisher whose packets are dropped is shown as stale, and joined again', async () => {
  const ticks = `tcp://${THERE}:9003`
  start('tickz', ['publish', '--ticks', `tcp://${THERE}:9003`], {}, ['ip', 'netns', 'exec', NAMESPACE])
  const { link } = await startDesk([], { ...(await freeChannels()), TICKZ_TICKS: ticks })
  const { page } = await open(link)
  const socket = page.getByRole('button', { name: /^tickz SUB/ })
  const stands = (how: RegExp) => eventually(async () => expect(await socket.getAttribute('aria-label')).toMatch(how))
  await stands(/\bup\b/)

  inside('ip', 'route', 'add', 'blackhole', `${HERE}/32`)
  // The kernel's probes take 5 s; an attempt to connect that nobody answers is called stale after another.
  await stands(/silent/)

  inside('ip', 'route', 'del', 'blackhole', `${HERE}/32`)
  await stands(/\bup\b/)
})

// A service on a host whose packets are lost: a separate network namespace, whose route back is removed. Nothing is
// closed and nothing refused, so only silence shows it. Making the namespace takes powers that only root has, and not in
// every container.

import { execFileSync, spawnSync } from 'node:child_process'
import { beforeAll, expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { eventually, freeChannels, start, startDesk } from './programs'

const HERE = '10.203.7.1'
const THERE = '10.203.7.2'
const NAMESPACE = `desk-${process.pid}`
/** Both ends of the cable between them. */
const [END_HERE, END_THERE] = [`desk${process.pid}a`, `desk${process.pid}b`]
const isMade = spawnSync('ip', ['netns', 'add', NAMESPACE]).status === 0

/** Runs a command there. `ip netns exec` would mount file systems, which a chroot does not allow. */
const THERE_RUN = ['nsenter', `--net=/run/netns/${NAMESPACE}`]
const run = (...[program = '', ...args]: string[]) => execFileSync(program, args)
const runThere = (...command: string[]) => run(...THERE_RUN, ...command)

useBrowser()

beforeAll(() => {
  if (!isMade) return
  run('ip', 'link', 'add', END_HERE, 'type', 'veth', 'peer', 'name', END_THERE, 'netns', NAMESPACE)
  run('ip', 'addr', 'add', `${HERE}/30`, 'dev', END_HERE)
  run('ip', 'link', 'set', END_HERE, 'up')
  runThere('ip', 'addr', 'add', `${THERE}/30`, 'dev', END_THERE)
  runThere('ip', 'link', 'set', END_THERE, 'up')
  runThere('ip', 'link', 'set', 'lo', 'up')
  return () => run('ip', 'netns', 'del', NAMESPACE)
})

test.runIf(isMade)('a publisher whose packets are dropped is shown as stale, and joined again', async () => {
  const ticks = `tcp://${THERE}:9003`
  start('tickz', ['publish', '--ticks', ticks], {}, THERE_RUN)
  const { link } = await startDesk([], { ...(await freeChannels()), TICKZ_TICKS: ticks })
  const { page } = await open(link)
  const socket = page.getByRole('button', { name: /^tickz\.sub SUB/ })
  const shows = (how: RegExp) => eventually(async () => expect(await socket.getAttribute('aria-label')).toMatch(how))
  await shows(/, up\b/)

  runThere('ip', 'route', 'add', 'blackhole', `${HERE}/32`)
  // The kernel's probes take 5 s; an attempt to connect without an answer is stale after another.
  await shows(/silent/)

  runThere('ip', 'route', 'del', 'blackhole', `${HERE}/32`)
  await shows(/, up\b/)
})

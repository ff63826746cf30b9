// Workers in another language: added and killed by the panel of valuz, while a batch runs.

import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { descendants, eventually, freeChannels, startDesk } from './programs'

useBrowser()

const PYTHON = resolve(import.meta.dirname, '../../../scripts/python.sh')
const hasPython = spawnSync(PYTHON, ['-c', 'import zmq']).status === 0

test.skipIf(!hasPython)('a worker in Python joins a batch, is killed in it, and the total is right', async () => {
  const { desk, link } = await startDesk(['--stage', '--workers', '1'], await freeChannels())
  const { page, sins } = await open(link)
  await page.keyboard.press('4')
  const workers = page.locator('section.workers tbody')
  await eventually(async () => expect(await workers.innerText()).toMatch(/ready/))
  const rust = page.getByRole('group', { name: 'Local workers in Rust' })
  expect(await rust.getByRole('status').innerText()).toBe('1')

  await page.getByRole('button', { name: 'More languages' }).click()
  const python = page.getByRole('group', { name: 'Local workers in Python' })
  await python.getByRole('button', { name: 'Add a Python worker' }).click({ timeout: 60_000 })
  await eventually(async () => expect(await python.getByRole('status').innerText()).toBe('1'))
  await page.getByRole('button', { name: 'Fewer languages' }).click()
  await eventually(async () =>
    expect(await workers.innerText()).toMatch(/python:\S+\s+python\s+\d+\s+worker-python-1\s+● ready/),
  )
  await eventually(() => expect(descendants(desk.pid).length).toBe(4))

  // Slowly enough that the batch lasts for seconds.
  await page.getByLabel('Orders leave').selectOption('100')
  await page.getByLabel('Orders', { exact: true }).fill('600')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const counted = page.getByRole('progressbar', { name: 'Orders counted' })
  await eventually(async () => expect(Number(await counted.getAttribute('aria-valuenow'))).toBeGreaterThan(0))
  await eventually(async () => expect(await python.innerText()).toMatch(/[1-9][\d.,]*\/s/))

  // The last one of the list is in Python.
  await page.keyboard.press('k')
  await eventually(async () => expect(await workers.innerText()).toMatch(/worker-python-1\s+✕ gone/))
  await eventually(async () => expect(await page.locator('body').innerText()).toMatch(/✓ verified/), 60_000)
  expect(await counted.getAttribute('aria-valuenow')).toBe('600')
  expect(sins).toEqual([])
})

// The diagram of casts that no panel knows, in a real browser: words that can be read, names for screen readers, and a
// page that stays smooth.

import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { resolve } from 'node:path'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { eventually } from './programs'

const CASTS = ['demo', 'absent', 'three', 'eight', 'twenty', 'sixty', 'hostile']
/** Width and height of the screen, and whether it is a projector. */
const LOOKS = [
  [1280, 720, false],
  [1920, 1080, false],
  [1920, 1080, true],
  [1280, 720, true],
] as const
/** The boxes of words are larger than their letters: they overlap by this much at most, in pixels. */
const TOUCH = 3

useBrowser()

let server: ViteDevServer

beforeAll(async () => {
  server = await createServer({ root: resolve(import.meta.dirname, '../..'), logLevel: 'error', server: { port: 0 } })
  await server.listen()
})
afterAll(() => server.close())

async function show(cast: string, options = ''): Promise<{ page: Page; sins: string[] }> {
  const base = server.resolvedUrls?.local[0] ?? ''
  const { page, sins } = await open(`${base}tests/diagram/index.html#cast=${cast}${options}`)
  await page.locator('.panel svg [role=button]').first().waitFor()
  await page.evaluate(() => document.fonts.ready)
  return { page, sins }
}

/** The words of the diagram, and what each runs into. */
function collisions(page: Page): Promise<string[]> {
  return page.evaluate((touch) => {
    const texts = [...document.querySelectorAll('.drawing text')].flatMap((text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect()
      const words = text.textContent.trim()
      return words === '' ? [] : [{ words, left, right, top: top + 2, bottom: bottom - 2 }]
    })
    return texts.flatMap((a, index) =>
      texts
        .slice(index + 1)
        .filter(
          (b) =>
            Math.min(a.right, b.right) - Math.max(a.left, b.left) > touch &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > touch,
        )
        .map((b) => `${a.words} / ${b.words}`),
    )
  }, TOUCH)
}

/** How large the smallest words of the diagram are on the screen, in pixels. */
function smallest(page: Page): Promise<number> {
  return page.evaluate(() => {
    const drawing = document.querySelector<HTMLElement>('.drawing')
    const scale = drawing ? drawing.getBoundingClientRect().width / drawing.offsetWidth : 0
    const texts = [...document.querySelectorAll('.drawing text')]
    return Math.min(...texts.map((text) => parseFloat(getComputedStyle(text).fontSize))) * scale
  })
}

test.each(CASTS)('the words of %s do not run into each other, and are large enough, on any screen', async (cast) => {
  const { page, sins } = await show(cast)
  for (const [width, height, projector] of LOOKS) {
    await page.setViewportSize({ width, height })
    await page.evaluate((on) => document.documentElement.toggleAttribute('data-projector', on), projector)
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
    const look = `${width} x ${height}${projector ? ', projector' : ''}`
    expect(await collisions(page), look).toEqual([])
    expect(await smallest(page), look).toBeGreaterThanOrEqual(13.9)
  }
  expect(sins).toEqual([])
})

test.each(['demo', 'sixty', 'hostile'])('everything in %s that can be pressed has a name', async (cast) => {
  const { page } = await show(cast)
  const { violations } = await new AxeBuilder({ page }).include('.panel').analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
})

test('a box and a socket are chosen by key, and a group opens', async () => {
  const { page } = await show('sixty')
  const chosen = () => page.locator('output').innerText()
  await page.getByRole('button', { name: /^broker, / }).press('Enter')
  expect(JSON.parse(await chosen())).toHaveProperty('process')
  await page
    .getByRole('button', { name: /^clients ROUTER/ })
    .first()
    .press(' ')
  expect(JSON.parse(await chosen()).socket).toMatch(/\/clients$/)
  await page.getByRole('button', { name: /^24 × cruncher worker/ }).press('Enter')
  expect(await page.getByRole('button', { name: /^cruncher worker, / }).count()).toBe(24)
  await page.getByRole('button', { name: 'Group equal processes' }).click()
  expect(await page.getByRole('button', { name: /^cruncher worker, / }).count()).toBe(0)
})

test('a wheel brings it closer, a drag moves it, and a drag is no click', async () => {
  const { page } = await show('sixty')
  const place = () => page.locator('.drawing').evaluate((drawing) => drawing.style.transform)
  const whole = await place()
  const box = await page.getByRole('button', { name: /^broker, / }).boundingBox()
  await page.mouse.move((box?.x ?? 0) + 5, (box?.y ?? 0) + 5)
  await page.mouse.wheel(0, -200)
  await expect.poll(place).not.toBe(whole)
  const near = await place()
  await page.mouse.down()
  await page.mouse.move((box?.x ?? 0) - 60, (box?.y ?? 0) - 20, { steps: 4 })
  await page.mouse.up()
  expect(await place()).not.toBe(near)
  expect(await page.locator('output').innerText()).toBe('null')
  await page.keyboard.press('Home')
  expect(await place()).toBe(whole)
})

test('sixty processes at work are drawn at 30 frames a second and more', async () => {
  const { page } = await show('sixty', '&live')
  const frames = () =>
    page.evaluate(
      () =>
        new Promise<number[]>((done) => {
          const times: number[] = []
          let last = performance.now()
          const next = (now: number) => {
            times.push(now - last)
            last = now
            if (times.length < 300) requestAnimationFrame(next)
            else done(times.slice(30).sort((a, b) => a - b))
          }
          requestAnimationFrame(next)
        }),
    )
  // Two frames at 60 Hz, and the tenth of a millisecond to which the browser rounds. Seconds in which the machine has other work
  // show nothing of the page.
  await eventually(async () => {
    const times = await frames()
    expect(times[Math.floor(times.length * 0.95)]).toBeLessThan(33.5)
  })
})

// The page at every size: on small and large screens, zoomed, for a projector and on a phone. No text collides with
// another or leaves its panel, and nothing scrolls that need not.

import type { Page } from 'playwright-core'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { open, useBrowser } from './browser'
import { eventually, startDesk } from './programs'

const RECORDING = resolve(import.meta.dirname, '../fixtures/session.jsonl')
const VIEWS = ['desk', 'tickz', 'chatz', 'valuz', 'monitor', 'wire', 'processes', 'stage']

useBrowser()

/** A page that shows the recording at a second of it, paused. */
async function openRecording(second: number, look: object = {}): Promise<Page> {
  const { link } = await startDesk(['--play', RECORDING], {})
  const { page } = await open(link)
  await page.evaluate((kept) => localStorage.setItem('dealz.look', kept), JSON.stringify({ zoom: 1, ...look }))
  await page.reload()
  const time = page.getByRole('slider', { name: 'Time of the recording' })
  await time.waitFor()
  await page.keyboard.press('Space')
  await time.evaluate((slider: HTMLInputElement, at) => {
    slider.value = String(Number(slider.min) + at * 1000)
    slider.dispatchEvent(new Event('input', { bubbles: true }))
  }, second)
  await page.evaluate(() => document.fonts.ready)
  return page
}

/** Width and height of the screen, zoom, and whether it is a projector. */
type Look = readonly [number, number, number, boolean]

/** Changes the look of the page. */
async function show(page: Page, [width, height, zoom, projector]: Look): Promise<void> {
  await page.setViewportSize({ width, height })
  await page.evaluate(
    ([zoomed, projected]) => {
      document.documentElement.style.setProperty('--zoom', String(zoomed))
      document.documentElement.toggleAttribute('data-projector', projected)
    },
    [zoom, projector] as const,
  )
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
}

/** Texts that overlap another text, as sentences. */
function collisions(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    interface Seen {
      node: Node
      text: string
      box: { left: number; top: number; right: number; bottom: number }
    }
    const seen: Seen[] = []
    // A text that is cut by an ellipsis has two boxes in one place.
    const walker = document.createTreeWalker(document.querySelector('.page') as Node, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement
      const text = node.textContent?.trim() ?? ''
      if (!parent || text === '' || parent.closest('.heard, title, option, .over, .chart')) continue
      if (!parent.checkVisibility({ checkVisibilityCSS: true })) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const rect of range.getClientRects()) {
        // What an ancestor cuts off is not seen.
        const box = { left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom }
        for (let above: Element | null = parent; above; above = above.parentElement) {
          const { overflowX, overflowY } = getComputedStyle(above)
          if (overflowX === 'visible' && overflowY === 'visible') continue
          const edge = above.getBoundingClientRect()
          box.left = Math.max(box.left, edge.left)
          box.right = Math.min(box.right, edge.right)
          box.top = Math.max(box.top, edge.top)
          box.bottom = Math.min(box.bottom, edge.bottom)
        }
        if (box.right - box.left > 2 && box.bottom - box.top > 2) seen.push({ node, text, box })
      }
    }
    const found: string[] = []
    seen.forEach((one, index) => {
      for (const other of seen.slice(index + 1)) {
        const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left)
        const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top)
        // Line boxes are higher than letters, so a few pixels of height are no collision.
        if (one.node !== other.node && wide > 2 && high > 6) found.push(`“${one.text}” and “${other.text}”`)
      }
    })
    return [...new Set(found)]
  })
}

/** What is cut off at the right edge of the page, or of its panel. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    for (const element of document.querySelectorAll('header button, nav button, .panel > *, .panel header > *')) {
      if (!element.checkVisibility() || element.closest('.heard')) continue
      const { right, width } = element.getBoundingClientRect()
      const edge = element.parentElement?.closest('.panel, body')?.getBoundingClientRect().right ?? innerWidth
      if (width > 0 && right > Math.min(edge, innerWidth) + 1) found.push(element.outerHTML.slice(0, 80))
    }
    return found
  })
}

const LOOKS: Record<string, Look> = {
  'at 1280x720': [1280, 720, 1, false],
  'at 1920x1080': [1920, 1080, 1, false],
  'at 3840x2160': [3840, 2160, 1, false],
  'for a projector': [1280, 720, 1, true],
  ...Object.fromEntries(
    [0.75, 0.875, 1.125, 1.25, 1.5, 1.75, 2, 2.5].map((zoom) => [`at zoom ${zoom}`, [1280, 720, zoom, false]]),
  ),
  'for a projector at zoom 1.25': [1280, 720, 1.25, true],
  'on a phone': [390, 844, 1, false],
  'on a small phone': [360, 640, 1, false],
}

test.each([
  ['while no scene is open', 13.5],
  ['while a scene is open', 23],
])('no text collides with another and nothing is cut off, in any view at any size, %s', async (_, second) => {
  const page = await openRecording(second)
  const faults: string[] = []
  for (const [index, view] of VIEWS.entries()) {
    await page.keyboard.press(String(index + 1))
    if (view === 'wire')
      await page
        .getByRole('listbox', { name: /^Messages/ })
        .getByRole('option')
        .first()
        .waitFor()
    for (const [name, look] of Object.entries(LOOKS)) {
      await show(page, look)
      for (const fault of await collisions(page)) faults.push(`${view} ${name}: ${fault}`)
      for (const fault of await cutOff(page)) faults.push(`${view} ${name}: cut off: ${fault}`)
    }
  }
  expect(faults).toEqual([])
})

test('the diagram grows with the zoom, and type with the screen', async () => {
  const page = await openRecording(5)
  const title = page.locator('main .title:visible').first()
  const heightAt = async (width: number, height: number, zoom: number) => {
    await show(page, [width, height, zoom, false])
    return (await title.boundingBox())?.height ?? 0
  }
  const normal = await heightAt(1280, 720, 1)
  for (const zoom of [1.25, 1.5, 2]) {
    expect(await heightAt(1280, 720, zoom)).toBeGreaterThan(normal * zoom * 0.9)
  }
  const large = await heightAt(1920, 1080, 1)
  expect(await heightAt(3840, 2160, 1)).toBeCloseTo(large * 2, 0)
})

test('a projector has the legend too', async () => {
  const page = await openRecording(5)
  await show(page, [1280, 720, 1, true])
  await eventually(async () => expect(await page.locator('.legend').isVisible()).toBe(true))
})

test('a phone has one column, the diagram first, and tabs that a finger can hit', async () => {
  const page = await openRecording(5)
  await show(page, [390, 844, 1, false])
  const boxes = await page.locator('main .panel').evaluateAll((panels) =>
    panels.map((panel) => {
      const { left, right, top } = panel.getBoundingClientRect()
      return { name: panel.querySelector('h2')?.textContent ?? panel.getAttribute('aria-label'), left, right, top }
    }),
  )
  boxes.sort((one, other) => one.top - other.top)
  expect(boxes[0]?.name).toBe('Who talks to whom')
  expect(new Set(boxes.map(({ left, right }) => `${left} ${right}`)).size).toBe(1)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  for (const tab of await page.locator('nav button').all()) {
    const box = await tab.boundingBox()
    expect(box?.height).toBeGreaterThanOrEqual(44)
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390)
  }
  await page
    .getByRole('button', { name: 'valuz', exact: true })
    .tap()
    .catch(() => page.getByRole('button', { name: 'valuz' }).first().click())
  await page.getByRole('heading', { name: 'Batch' }).waitFor()
})

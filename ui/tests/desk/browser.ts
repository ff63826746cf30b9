// A real browser for the tests of the page.

import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { BOUND } from './programs'

let browser: Browser

/** Where the browser is: Debian's chromium, or what CHROMIUM names. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Has a browser for all tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(() => browser.close())
}

/** A page at `link`, and its sins: errors, and requests to elsewhere. */
export async function open(link: string): Promise<{ page: Page; sins: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  const page = await context.newPage()
  page.setDefaultTimeout(BOUND)
  const sins: string[] = []
  const origin = new URL(link).origin
  page.on('pageerror', (error) => sins.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
      sins.push(`request: ${request.url()}`)
  })
  await page.goto(link)
  return { page, sins }
}

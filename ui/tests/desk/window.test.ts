// The window itself, on a display without a screen, driven by WebDriver: tauri-driver and WebKit's own driver.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Builder, By, Capabilities, Key, type WebDriver, until } from 'selenium-webdriver'
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { flowFolder, record } from './flow'
import {
  ALL_UP,
  allEnd,
  BOUND,
  descendants,
  eventually,
  FOLDER,
  freeChannels,
  freePorts,
  killIfThere,
  nameOf,
} from './programs'

/** Where `just` puts it. */
const DRIVER = process.env.TAURI_DRIVER ?? resolve(import.meta.dirname, '../../../.tools/cargo/bin/tauri-driver')

/** A folder for pictures of the views. */
const PICTURES = process.env.PICTURES ?? ''

const started: ChildProcess[] = []
let display = ''

beforeAll(async () => {
  const xvfb = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  display = await new Promise((known) => xvfb.stdout.once('data', (number) => known(`:${String(number).trim()}`)))
  return () => xvfb.kill()
})

// A window that is still open outlives its driver, and serves its page if its display goes.
afterEach(() => {
  for (const child of started.splice(0)) {
    const left = descendants(child.pid ?? 0)
    child.kill()
    left.forEach(killIfThere)
  }
})

/** Opens the window on a new suite. */
async function openWindow(args: string[], more: Record<string, string> = {}): Promise<WebDriver> {
  const [port, nativePort] = await freePorts(2)
  const env = { ...process.env, ...(await freeChannels()), DISPLAY: display, ...more }
  const driver = spawn(DRIVER, ['--port', String(port), '--native-port', String(nativePort)], { env, stdio: 'inherit' })
  started.push(driver)
  const capabilities = new Capabilities({
    browserName: 'wry',
    'tauri:options': { application: resolve(FOLDER, 'dealz'), args },
  })
  return eventually(() => new Builder().usingServer(`http://127.0.0.1:${port}/`).withCapabilities(capabilities).build())
}

/** The last price of the first followed symbol, as it is shown. */
async function firstPrice(window: WebDriver): Promise<string> {
  return window.findElement(By.css('tbody tr td')).getText()
}

test('it opens, shows live ticks, takes commands, and leaves nothing behind', async () => {
  const window = await openWindow(['--stage'])
  expect(await window.getTitle()).toBe('Beyond the Box')
  await window.wait(until.elementLocated(By.css('tbody tr td')), BOUND)
  await eventually(async () => expect(await firstPrice(window)).toMatch(/\d+\.\d/))
  const before = await window.findElement(By.css('tbody')).getText()
  await eventually(async () => expect(await window.findElement(By.css('tbody')).getText()).not.toBe(before))

  const composer = await window.findElement(By.css('input[aria-label="Say something to everyone in the room"]'))
  await eventually(async () => expect(await composer.isEnabled()).toBe(true))
  await composer.sendKeys('good evening', Key.ENTER)
  await eventually(async () => {
    const log = await window.findElement(By.css('[role="log"]')).getText()
    expect(log).toContain('good evening')
  })

  // WebKit's driver stays for the next window.
  const suite = descendants(started[0]?.pid ?? 0).filter((pid) => nameOf(pid) !== 'WebKitWebDriver')
  expect(suite.map(nameOf)).toEqual(expect.arrayContaining(['dealz', 'tickz', 'chatz', 'valuz']))
  await window.quit()
  await allEnd(suite)
})

test('every view does in the window what it does in a browser', async () => {
  const home = mkdtempSync(join(tmpdir(), 'dealz-home-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const downloads = join(home, 'Downloads')
  mkdirSync(downloads)
  mkdirSync(join(home, '.config'))
  writeFileSync(join(home, '.config/user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="$HOME/Downloads"\n')
  const window = await openWindow(['--stage'], { HOME: home, XDG_CONFIG_HOME: join(home, '.config') })
  // A field keeps the keys until Esc leaves it.
  const press = (key: string) => window.actions().sendKeys(Key.ESCAPE, key).perform()
  const shows = (text: RegExp) =>
    eventually(async () => expect(await window.findElement(By.css('main')).getText()).toMatch(text))
  const click = async (xpath: string) => (await window.wait(until.elementLocated(By.xpath(xpath)), BOUND)).click()
  const picture = async (name: string) => {
    // WebKit hands out the frame before the last.
    await window.executeAsyncScript('requestAnimationFrame(() => requestAnimationFrame(arguments[0]))')
    // A scroll bar for a pixel or two is one too many.
    const strays = await window.executeScript(`return [...document.querySelectorAll('main, main *')]
      .filter((element) => /auto|scroll/.test(getComputedStyle(element).overflow))
      .filter(({ scrollHeight, clientHeight, scrollWidth, clientWidth }) =>
        [scrollHeight - clientHeight, scrollWidth - clientWidth].some((over) => over > 0 && over < 5))
      .map((element) => element.className)`)
    expect(strays).toEqual([])
    if (PICTURES) writeFileSync(resolve(PICTURES, `${name}.png`), await window.takeScreenshot(), 'base64')
  }
  await window.wait(until.elementLocated(By.css('tbody tr td')), BOUND)

  await press('2')
  await window.wait(until.elementLocated(By.id('follow')), BOUND).sendKeys('ZZZ', Key.ENTER)
  await shows(/ZZZ/)
  await click('//button[@aria-label="Forget ZZZ"]')
  await picture('tickz')

  await press('3')
  await shows(/\(you\)/)
  await window.findElement(By.css('input[data-field]')).sendKeys('hello', Key.ENTER)
  await shows(/hello/)
  await picture('chatz')

  await press('4')
  const count = await window.wait(until.elementLocated(By.id('valuz-count')), BOUND)
  await count.clear()
  await count.sendKeys('20000', Key.ESCAPE)
  await click('//button[normalize-space()="Run"]')
  await shows(/✓ verified/)
  await picture('valuz')

  await press('5')
  await shows(/HANDSHAKE_SUCCEEDED/)
  await click('//button[normalize-space()="Save as JSON"]')
  await shows(/events? saved as/)
  const [, file = ''] = /saved as (\S+)/.exec(await window.findElement(By.css('main')).getText()) ?? []
  expect(dirname(file)).toBe(downloads)
  const events = JSON.parse(readFileSync(file, 'utf8')) as { event: string }[]
  expect(events.map(({ event }) => event)).toContain('HANDSHAKE_SUCCEEDED')
  await picture('monitor')

  await press('6')
  await shows(/burst\b/)
  await click('//*[@role="option"][1]')
  await shows(/3 frames/)
  await picture('wire')

  await press('7')
  await click('//button[@aria-label="kill -9 chatz"]')
  await shows(/signal 9/)
  await picture('processes')

  await window.actions().sendKeys(Key.ESCAPE, 'r', 'r').perform()
  await eventually(async () => expect(await window.findElement(By.css('p.status')).getText()).toMatch(ALL_UP))
  await press('1')
  await picture('desk')
  await window.quit()
})

test('the page may have the window fill the screen, and it opens no menu of a browser', async () => {
  const window = await openWindow([])
  await window.wait(until.elementLocated(By.css('main svg')), BOUND)
  // Its effect depends on the window manager, which this display does not have.
  const answer = await window.executeAsyncScript(`
    const done = arguments[0]
    __TAURI_INTERNALS__.invoke('toggle_fullscreen').then((full) => done(typeof full), (error) => done(String(error)))`)
  expect(answer).toBe('boolean')
  await window
    .actions()
    .contextClick(window.findElement(By.css('h1')))
    .perform()
  await window.actions().sendKeys('2').perform()
  // A menu would have taken the key.
  await eventually(async () => {
    expect(await window.findElement(By.css('nav [aria-current="page"]')).getText()).toContain('tickz')
  })
  await window.quit()
})

test('the presenter’s page has a second window, which is one however often it is asked for', async () => {
  const window = await openWindow([])
  await window.wait(until.elementLocated(By.css('main svg')), BOUND)
  const [desk = ''] = await window.getAllWindowHandles()
  await window.actions().sendKeys('w').perform()
  const handles = await eventually(async () => {
    const all = await window.getAllWindowHandles()
    expect(all).toHaveLength(2)
    return all
  })
  await window.switchTo().window(handles.find((each) => each !== desk) ?? '')
  await eventually(async () => expect(await window.findElement(By.css('h1')).getText()).toBe('Presenter'))
  await window.switchTo().window(desk)
  await window.actions().sendKeys('w').perform()
  await window.actions().sendKeys('2').perform()
  await eventually(async () => {
    expect(await window.findElement(By.css('nav [aria-current="page"]')).getText()).toContain('tickz')
  })
  expect(await window.getAllWindowHandles()).toHaveLength(2)
  await window.quit()
})

test('a scene plays in the window with one key, and the presenter’s window follows it', async () => {
  const window = await openWindow(['--scenes', resolve(import.meta.dirname, '../../../scenes')])
  await window.wait(until.elementLocated(By.css('main svg')), BOUND)
  const shows = (selector: string, pattern: RegExp) =>
    eventually(async () => expect(await window.findElement(By.css(selector)).getText()).toMatch(pattern), 2 * BOUND)
  const press = (key: string) => window.actions().sendKeys(key).perform()
  const bar = '[aria-label="On stage"]'
  await press('8')
  await window.wait(until.elementLocated(By.xpath('//main//button[contains(., "The slow joiner")]')), BOUND).click()
  await shows(bar, /1\/4 ✓/)
  await press(Key.ARROW_RIGHT)
  await shows(bar, /2\/4 ✓/)
  if (PICTURES) writeFileSync(join(PICTURES, 'window-stage.png'), await window.takeScreenshot(), 'base64')
  await press(Key.PAGE_DOWN)
  await shows(bar, /3\/4 ✓/)
  await press(Key.ARROW_RIGHT)
  await shows(bar, /4\/4 ✓/)

  const desk = await window.getWindowHandle()
  await press('w')
  const presenter = await eventually(async () => {
    const other = (await window.getAllWindowHandles()).find((each) => each !== desk)
    if (other === undefined) throw new Error('there is no second window')
    return other
  })
  await window.switchTo().window(presenter)
  await shows('[aria-label="This cue"]', /Nothing is missed[\s\S]*The other cure/)
  if (PICTURES) writeFileSync(join(PICTURES, 'window-presenter.png'), await window.takeScreenshot(), 'base64')
  await window.findElement(By.xpath('//button[contains(., "Back")]')).click()
  await shows('header', /3\/4 ✓/)
  await window.switchTo().window(desk)
  await shows(bar, /3\/4 ✓/)
  await window.quit()
})

test('v plays the recording of a scene in the window under its frame, and leads back to what is live', async () => {
  const folder = flowFolder()
  await record(folder)
  const window = await openWindow(['--scenes', folder, '--scene', 'flow'])
  // What is live has another element than what is recorded.
  const stage = () => window.findElement(By.css('[aria-label="On stage"]')).getText()
  const shows = (pattern: RegExp) => eventually(async () => expect(await stage()).toMatch(pattern), 2 * BOUND)
  const press = (key: string) => window.actions().sendKeys(key).perform()
  const marks = () => window.findElements(By.css('[aria-label="This is a recording"]'))
  await shows(/1\/2 ✓/)
  await press('v')
  const mark = await window.wait(until.elementLocated(By.css('[aria-label="This is a recording"]')), BOUND)
  expect(await mark.getText()).toMatch(/^RECORDING[\s\S]*Flow\. It is not live\./)
  const frame = await mark.getRect()
  expect([frame.y < 20, frame.height > 40, frame.width > 1000]).toEqual([true, true, true])
  // The recording plays to its end, while the live scene stays at its first cue.
  await shows(/2\/2 ✓/)
  if (PICTURES) writeFileSync(join(PICTURES, 'window-recording.png'), await window.takeScreenshot(), 'base64')
  await press('v')
  await eventually(async () => expect(await marks()).toEqual([]))
  await shows(/1\/2 ✓/)
  await press(Key.ARROW_RIGHT)
  await shows(/2\/2 ✓/)
  await window.quit()
})

test('a window on which nothing happens costs next to nothing', async () => {
  const window = await openWindow([])
  await window.wait(until.elementLocated(By.css('main svg')), BOUND)
  const drawn = (await window.executeAsyncScript(`
    const done = arguments[0]
    let changes = 0
    const watching = new MutationObserver((found) => (changes += new Set(found.map(({ target }) => target)).size))
    watching.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
    setTimeout(() => done(changes), 5000)`)) as number
  // Words that count seconds, and the strip that slides.
  expect(drawn).toBeLessThan(5 * 60)
  await window.quit()
})

test('a locale without a language is no hindrance', async () => {
  const window = await openWindow([], { LANG: 'C', LC_ALL: 'C', LANGUAGE: 'C' })
  await window.wait(until.elementLocated(By.css('svg')), BOUND)
  await window.actions().sendKeys('2').perform()
  await eventually(async () => {
    expect(await window.findElement(By.css('nav [aria-current="page"]')).getText()).toContain('tickz')
  })
  await window.quit()
})

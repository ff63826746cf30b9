import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Dots } from './dots'

/** As much of an element as a dot needs. */
function element() {
  const made = { style: { transform: '' }, isConnected: false, remove: () => (made.isConnected = false) }
  return made as unknown as HTMLElement
}

const layer = { append: (child: HTMLElement) => Object.assign(child, { isConnected: true }) } as unknown as HTMLElement
const way = [
  { x: 0, y: 0 },
  { x: 100, y: 0 },
]

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function started(route: () => typeof way | null = () => way, still = false) {
  const dots = new Dots(layer, () => still)
  const one = element()
  dots.add({ element: one, route, startMs: performance.now(), runMs: 1600, slow: true })
  return { dots, one }
}

test('a dot runs along its way, and is gone at the end', () => {
  const { one } = started()
  expect([one.isConnected, one.style.transform]).toEqual([true, 'translate(0px, 0px)'])
  vi.advanceTimersByTime(800)
  expect(one.style.transform).toBe('translate(50px, 0px)')
  vi.advanceTimersByTime(800)
  expect([one.isConnected, vi.getTimerCount()]).toEqual([false, 0])
})

test('a dot that is to leave later is not seen before', () => {
  const dots = new Dots(layer, () => false)
  const one = element()
  dots.add({ element: one, route: () => way, startMs: performance.now() + 500, runMs: 1000, slow: true })
  vi.advanceTimersByTime(480)
  expect(one.isConnected).toBe(false)
  vi.advanceTimersByTime(160)
  expect(one.isConnected).toBe(true)
})

test('a dot that is held waits, and continues from there', () => {
  const { dots, one } = started()
  vi.advanceTimersByTime(800)
  dots.hold(one)
  vi.advanceTimersByTime(16_000)
  expect(one.style.transform).toBe('translate(50px, 0px)')
  dots.hold(null)
  vi.advanceTimersByTime(800)
  expect(one.isConnected).toBe(false)
})

test('when the picture moves, dots move with it, and those without a way go, also while it is frozen', () => {
  let route: typeof way | null = way
  const { dots, one } = started(() => route)
  vi.advanceTimersByTime(800)
  dots.freeze()
  expect(vi.getTimerCount()).toBe(0)
  route = way.map(({ x }) => ({ x, y: 9 }))
  dots.relay()
  expect(one.style.transform).toBe('translate(50px, 9px)')
  route = null
  dots.relay()
  expect(one.isConnected).toBe(false)
})

test('without motion a dot is in the middle of its way for as long', () => {
  const { one } = started(() => way, true)
  expect(one.style.transform).toBe('translate(50px, 0px)')
  vi.advanceTimersByTime(1600)
  expect(one.isConnected).toBe(false)
})

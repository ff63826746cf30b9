import { expect, test } from 'vitest'
import { isPresenter, offersOf, presenterOf } from './links'

const link = (host: string, page: 'control' | 'view' | 'audience', network = true) => ({
  url: `http://${host}:9000/?token=${page}`,
  network,
  page,
})

test('links that the network reaches are offered, and behind those that control the presenter’s page', () => {
  const links = [link('10.0.0.7', 'audience'), link('10.0.0.7', 'control'), link('127.0.0.1', 'control', false)]
  expect(offersOf(links).map(({ url, page }) => [url, page])).toEqual([
    ['http://10.0.0.7:9000/?token=audience', 'audience'],
    ['http://10.0.0.7:9000/?token=control', 'control'],
    ['http://10.0.0.7:9000/presenter?token=control', 'presenter'],
  ])
  expect(offersOf([link('10.0.0.7', 'view')]).map(({ page }) => page)).toEqual(['view'])
})

test('the presenter’s page is next to that of the desk', () => {
  expect(presenterOf('http://127.0.0.1:9000/#x')).toBe('http://127.0.0.1:9000/presenter')
  expect(['tauri://localhost/presenter', 'http://h/presenter?token=a'].map(isPresenter)).toEqual([true, true])
  expect(['tauri://localhost', 'http://h/', 'http://h/x/presenter'].map(isPresenter)).toEqual([false, false, false])
})

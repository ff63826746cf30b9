// Where the page begins: it finds out what is behind it, and shows itself.

import './language'
import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import './style.css'
import { mount } from 'svelte'
import App from './App.svelte'
import type { Backend } from './backend/backend'
import { inWindow, Tauri } from './backend/tauri'
import { Web } from './backend/web'
import Presenter from './Presenter.svelte'
import { isPresenter } from './state/links'

const target = document.getElementById('app')
if (target) mount(isPresenter(location.href) ? Presenter : App, { target, props: { backend: await backend() } })

async function backend(): Promise<Backend> {
  const address = new URL(location.href)
  // During development of the page a recording can replace dealz: with its bar (`?play=`) or without (`?live=`).
  const recording = address.searchParams.get('play') ?? address.searchParams.get('live')
  if (import.meta.env.DEV && recording !== null) {
    const { Player } = await import('./backend/recorded')
    const text = await (await fetch(recording)).text()
    return new Player(text, {
      version: 'dev',
      mode: address.searchParams.has('play') ? 'play' : 'live',
      page: 'control',
      links: [],
    })
  }
  return inWindow() ? new Tauri() : new Web(address.href)
}

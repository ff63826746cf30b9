// How the page looks, kept from visit to visit: zoom, theme and projector.

import { DEFAULTS, loadPrefs, nextTheme, type Prefs, savePrefs, showPrefs, zoomed } from './prefs'

export class Look {
  prefs: Prefs = $state.raw(loadPrefs())
  #systemIsLight = $state(false)

  /** Puts the look on the page and keeps it, now and whenever it changes; returns what ends it. */
  start(): () => void {
    const light = matchMedia('(prefers-color-scheme: light)')
    const follow = () => (this.#systemIsLight = light.matches)
    follow()
    light.addEventListener('change', follow)
    const stop = $effect.root(() => {
      $effect(() => showPrefs(this.prefs, this.#systemIsLight))
      $effect(() => savePrefs(this.prefs))
    })
    return () => {
      stop()
      light.removeEventListener('change', follow)
    }
  }

  zoom(direction: 1 | -1): void {
    this.prefs = { ...this.prefs, zoom: zoomed(this.prefs.zoom, direction) }
  }

  resetZoom(): void {
    this.prefs = { ...this.prefs, zoom: DEFAULTS.zoom }
  }

  turnTheme(): void {
    this.prefs = { ...this.prefs, theme: nextTheme(this.prefs.theme) }
  }

  toggleProjector(): void {
    this.prefs = { ...this.prefs, projector: !this.prefs.projector }
  }
}

// The look of the page, as it is stored. Storage may be forbidden or full: then nothing is kept.

export type Theme = 'system' | 'dark' | 'light'

export interface Prefs {
  /** The size of everything; 1 as designed. */
  zoom: number
  theme: Theme
  /** Whether it is shown to a room: high contrast, larger type. */
  projector: boolean
}

export const DEFAULTS: Prefs = { zoom: 1, theme: 'system', projector: false }

const KEY = 'dealz.look'
const ZOOMS = [0.75, 0.875, 1, 1.125, 1.25, 1.5, 1.75, 2, 2.5]
const THEMES: readonly Theme[] = ['system', 'dark', 'light']

/** The next size in a direction, or the one at the end. */
export function zoomed(zoom: number, direction: 1 | -1): number {
  const index = ZOOMS.findIndex((step) => step >= zoom - 0.001)
  return ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, (index < 0 ? ZOOMS.length - 1 : index) + direction))] ?? 1
}

/** The theme after this one. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
}

/** Reads a text from the storage; anything unknown in it takes its default. */
export function parsePrefs(text: string | null): Prefs {
  try {
    const said: unknown = JSON.parse(text ?? '{}')
    if (typeof said !== 'object' || said === null) return DEFAULTS
    const { zoom, theme, projector } = said as Record<string, unknown>
    return {
      zoom: ZOOMS.find((step) => step === zoom) ?? DEFAULTS.zoom,
      theme: THEMES.find((known) => known === theme) ?? DEFAULTS.theme,
      projector: projector === true,
    }
  } catch {
    return DEFAULTS
  }
}

export function loadPrefs(): Prefs {
  try {
    return parsePrefs(localStorage.getItem(KEY))
  } catch {
    return DEFAULTS
  }
}

export function savePrefs(prefs: Prefs): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs))
  } catch {
    // The look is kept for as long as the page is open.
  }
}

/** Puts a look on the page. */
export function showPrefs(prefs: Prefs, systemIsLight: boolean): void {
  const root = document.documentElement
  root.style.setProperty('--zoom', String(prefs.zoom))
  root.dataset.theme = prefs.theme === 'system' ? (systemIsLight ? 'light' : 'dark') : prefs.theme
  root.toggleAttribute('data-projector', prefs.projector)
}

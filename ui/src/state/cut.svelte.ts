// The cut of the talk that a speaker has chosen, kept from visit to visit and shared with the other pages of this browser.

const KEY = 'dealz.cut'

export class ChosenCut {
  /** None for the longest. */
  minutes: number | null = $state(load())

  choose(minutes: number): void {
    this.minutes = minutes
    try {
      localStorage.setItem(KEY, String(minutes))
    } catch {
      // It is kept for as long as the page is open.
    }
  }

  /** Follows what another page chooses; returns what ends it. */
  follow(): () => void {
    const heard = ({ key }: StorageEvent) => {
      if (key === KEY) this.minutes = load()
    }
    addEventListener('storage', heard)
    return () => removeEventListener('storage', heard)
  }
}

function load(): number | null {
  try {
    return Number(localStorage.getItem(KEY)) || null
  } catch {
    return null
  }
}

// The name of the reader of a page of the audience, kept from visit to visit.

const KEY = 'dealz.name'

/** The name; empty before the first. */
export function keptName(): string {
  try {
    return localStorage.getItem(KEY) ?? ''
  } catch {
    // This browser keeps nothing.
    return ''
  }
}

export function keepName(name: string): void {
  try {
    localStorage.setItem(KEY, name)
  } catch {
    // It is asked for again at the next visit.
  }
}

// Some browsers say "C" where no language is set. `Intl` throws at it, and libraries hand it over as they are loaded:
// so this is imported before all else.

try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
  Object.defineProperty(navigator, 'languages', { value: ['en-US'], configurable: true })
}

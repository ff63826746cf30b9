// Some browsers report "C" if no language is set. `Intl` throws at it, and libraries pass it on while they load: so this
// is imported first.

try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
  Object.defineProperty(navigator, 'languages', { value: ['en-US'], configurable: true })
}

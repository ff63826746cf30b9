// Before the first paint: the theme that was chosen last, or the page would flash in the other one. `src/state/prefs.ts`
// stores it and validates the rest.
try {
  const { theme } = JSON.parse(localStorage.getItem('dealz.look') ?? '{}')
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme
} catch {
  // Nothing is stored: the system decides.
}

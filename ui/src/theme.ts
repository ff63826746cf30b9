// The colours of the tokens for what is drawn on a canvas, where style sheets do not reach.

/** The value of a token such as `--text`. */
export function token(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** The size of the root's type in pixels, as zoom has it. */
export function rem(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize)
}

/** Calls now and at every change of the page's look; returns what ends it. */
export function onLook(draw: () => void): () => void {
  draw()
  const watching = new MutationObserver(draw)
  watching.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme', 'data-projector', 'style'],
  })
  // The size of the type follows the size of the window.
  addEventListener('resize', draw)
  return () => {
    watching.disconnect()
    removeEventListener('resize', draw)
  }
}

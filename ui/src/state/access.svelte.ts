// Why this page cannot control the desk: panels show it in place of what could be pressed. And whether it may chat all the same.

export const VIEW_ONLY = 'This page can view the desk, not control it.'
export const PLAYING = 'A recording is playing: there is nothing to control.'
export const RECALLED = 'This is a recording. v or Esc: back to live.'

export const access: { refusal: string; isAudience: boolean } = $state({ refusal: VIEW_ONLY, isAudience: false })

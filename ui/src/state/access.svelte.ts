// Why this page cannot control the desk: panels show it in place of what could be pressed.

export const VIEW_ONLY = 'This page can view the desk, not control it.'
export const PLAYING = 'A recording is playing: there is nothing to control.'

export const access: { refusal: string } = $state({ refusal: VIEW_ONLY })

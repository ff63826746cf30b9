// Why nothing can be pressed, for the panels to say where they would have something to press.

export const LOOK_ONLY = 'This page may look, not touch.'
export const PLAYS = 'A recording is playing: there is nothing to act on.'

export const rest: { why: string } = $state({ why: LOOK_ONLY })

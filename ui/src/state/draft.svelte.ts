// What is typed and not sent yet. It outlives the view in which it was typed, and every loss of the server.

export const draft: { text: string } = $state({ text: '' })

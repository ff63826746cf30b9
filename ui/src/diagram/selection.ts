// What is chosen in the diagram: a socket by its key, or a process by its id.

export type Selection = { socket: string } | { process: string }

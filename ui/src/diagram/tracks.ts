// The order of the upright parts of lines in the gap between two columns, so that few of them cross.

/** All lines between one port and others in one gap: they share one upright part. */
export interface Rail {
  id: string
  /** Where its level parts are, at the left and at the right of the gap. */
  lefts: number[]
  rights: number[]
}

/** Two rails in one track are at least this far apart, in pixels. */
const APART = 14

/** Two levels that are nearer than this run into each other. */
const NEAR = 3

/** The rails from left to right. */
export function ordered(rails: readonly Rail[]): Rail[] {
  // From the order by height, neighbours change places while that saves crossings: small, quick, and always the same.
  const row = [...rails].sort((a, b) => middle(a) - middle(b) || (a.id < b.id ? -1 : 1))
  for (let round = 0; round < row.length; round++) {
    let changed = false
    for (let index = 1; index < row.length; index++) {
      const [a, b] = [row[index - 1], row[index]]
      if (!a || !b || cost(b, a) >= cost(a, b)) continue
      row[index - 1] = b
      row[index] = a
      changed = true
    }
    if (!changed) break
  }
  return row
}

/** The track of each rail, by its id: rails that do not pass each other share one. */
export function tracksOf(rails: readonly Rail[]): Map<string, number> {
  const tracks = new Map<string, number>()
  const before: { top: number; bottom: number; track: number }[] = []
  for (const rail of ordered(rails)) {
    const all = [...rail.lefts, ...rail.rights]
    const [top, bottom] = [Math.min(...all), Math.max(...all)]
    const passed = before.filter((other) => other.top < bottom + APART && other.bottom > top - APART)
    const track = Math.max(0, ...passed.map((other) => other.track + 1))
    tracks.set(rail.id, track)
    before.push({ top, bottom, track })
  }
  return tracks
}

/** What it costs to have one rail left of another: crossings, and ten times that for what would run into each other. */
function cost(left: Rail, right: Rail): number {
  const crossings = crossed(left.rights, right) + crossed(right.lefts, left)
  const touching = left.rights.filter((y) => right.lefts.some((other) => Math.abs(y - other) < NEAR)).length
  return crossings + 10 * touching
}

function crossed(levels: readonly number[], rail: Rail): number {
  const all = [...rail.lefts, ...rail.rights]
  const [top, bottom] = [Math.min(...all), Math.max(...all)]
  return levels.filter((y) => y > top - NEAR && y < bottom + NEAR).length
}

function middle({ lefts, rights }: Rail): number {
  const all = [...lefts, ...rights]
  return all.reduce((sum, y) => sum + y, 0) / (all.length || 1)
}

// Geometry of lines: polylines with round corners, their length, and text in short lines.

export interface Point {
  x: number
  y: number
}

export interface Box extends Point {
  width: number
  height: number
}

/** The `d` of an SVG path through the points, with corners of a radius. */
export function roundPath(points: readonly Point[], radius: number): string {
  const [first, ...rest] = points
  if (!first) return ''
  let path = `M${at(first)}`
  rest.forEach((corner, index) => {
    const before = points[index]
    const after = rest[index + 1]
    if (!before || !after) {
      path += `L${at(corner)}`
      return
    }
    const round = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2)
    path += `L${at(towards(corner, before, round))}Q${at(corner)} ${at(towards(corner, after, round))}`
  })
  return path
}

/** How far along the whole each point is, from 0 to 1. */
export function shares(points: readonly Point[]): number[] {
  let length = 0
  const lengths = points.map((point, index) => {
    const before = points[index - 1]
    if (before) length += distance(before, point)
    return length
  })
  return lengths.map((part) => (length === 0 ? 0 : part / length))
}

/** How long a polyline is, in pixels. */
export function lengthOf(points: readonly Point[]): number {
  return points.reduce((length, point, index) => {
    const before = points[index - 1]
    return before ? length + distance(before, point) : length
  }, 0)
}

/** The point at a share of the whole, from 0 to 1. */
export function pointAt(points: readonly Point[], share: number): Point {
  const parts = shares(points)
  const index = Math.max(
    1,
    parts.findIndex((part) => part >= share),
  )
  const [from, to] = [points[index - 1], points[index]]
  const [begin, end] = [parts[index - 1] ?? 0, parts[index] ?? 0]
  if (!from || !to || end === begin) return points.at(share < 1 ? 0 : -1) ?? { x: 0, y: 0 }
  const within = (share - begin) / (end - begin)
  return { x: from.x + (to.x - from.x) * within, y: from.y + (to.y - from.y) * within }
}

/** The middle of the longest straight part, and the way that it runs. */
export function middleOf(points: readonly Point[]): Point & { upright: boolean } {
  let best = { x: points[0]?.x ?? 0, y: points[0]?.y ?? 0, upright: false }
  let longest = -1
  points.forEach((to, index) => {
    const from = points[index - 1]
    if (!from || distance(from, to) <= longest) return
    longest = distance(from, to)
    best = {
      x: (from.x + to.x) / 2,
      y: (from.y + to.y) / 2,
      upright: Math.abs(to.y - from.y) > Math.abs(to.x - from.x),
    }
  })
  return best
}

/** Without points that are on a straight line between their neighbours. */
export function simple(points: readonly Point[]): Point[] {
  const kept: Point[] = []
  for (const point of points) {
    const [before, last] = [kept.at(-2), kept.at(-1)]
    if (last && Math.abs(last.x - point.x) < 0.01 && Math.abs(last.y - point.y) < 0.01) continue
    const level = before && last && Math.abs(before.y - last.y) < 0.01 && Math.abs(last.y - point.y) < 0.01
    const plumb = before && last && Math.abs(before.x - last.x) < 0.01 && Math.abs(last.x - point.x) < 0.01
    if (level || plumb) kept.pop()
    kept.push(point)
  }
  return kept
}

/**
 * What a line has for itself: without the part that it shares with others that begin at the same point. Lines run level,
 * then upright, then level again.
 */
export function branch(points: readonly Point[], lines: readonly (readonly Point[])[]): readonly Point[] {
  const [begin, turn, after, ...rest] = points
  if (!begin || !turn) return points
  const others = lines.filter(([other]) => other && distance(begin, other) < 0.5)
  if (others.length === 0) return points
  if (!after) {
    // A straight line begins where the last of the others turns.
    const turns = others.flatMap((other) => (other.length > 2 && other[1] ? [other[1].x] : []))
    if (turns.length === 0) return points
    const start = begin.x < turn.x ? Math.max(...turns) : Math.min(...turns)
    return [{ x: start, y: turn.y }, turn]
  }
  const levels = others.flatMap((other) =>
    other.length > 2 && other[1] && Math.abs(other[1].x - turn.x) < 0.5 ? [other[1].y, other[2]?.y ?? turn.y] : [],
  )
  const y = Math.min(Math.max(turn.y, ...levels), Math.max(Math.min(turn.y, ...levels), after.y))
  const start = { x: turn.x, y }
  return Math.abs(y - after.y) < 0.5 ? [start, ...rest] : [start, after, ...rest]
}

/** A text in lines of at most so many characters; the last of at most so many lines ends in an ellipsis if need be. */
export function wrap(text: string, chars: number, linesMax: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= chars) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  const cut = lines.map((line) => (line.length > chars ? `${line.slice(0, chars - 1)}…` : line))
  if (cut.length <= linesMax) return cut
  const last = cut[linesMax - 1] ?? ''
  return [...cut.slice(0, linesMax - 1), `${last.slice(0, chars - 1)}…`]
}

/** A text of at most so many characters; what is cut ends in an ellipsis. */
export function cut(text: string, chars: number): string {
  return text.length > chars ? `${text.slice(0, Math.max(0, chars - 1))}…` : text
}

function distance(from: Point, to: Point): number {
  return Math.hypot(to.x - from.x, to.y - from.y)
}

function towards(from: Point, to: Point, by: number): Point {
  const share = by / (distance(from, to) || 1)
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

function at(point: Point): string {
  return `${Math.round(point.x * 10) / 10} ${Math.round(point.y * 10) / 10}`
}

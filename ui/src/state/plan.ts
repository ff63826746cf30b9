// The plan of a talk: the scenes of a cut with their times, and where the speaker should be. Pure.

import { plural } from '../format'
import type { CutView } from '../generated/CutView'
import type { ScenesView } from '../generated/ScenesView'
import type { StageView } from '../generated/StageView'

const MINUTE_MS = 60_000

/** A scene of a cut, with its times from the beginning of the talk. */
export interface Part {
  scene: string
  title: string
  minutes: number
  fromMs: number
  toMs: number
}

/** The cut of so many minutes, or the longest. */
export function cutOf({ cuts }: ScenesView, minutes: number | null): CutView | null {
  const longest = cuts.reduce<CutView | null>((most, cut) => (cut.minutes > (most?.minutes ?? 0) ? cut : most), null)
  return cuts.find((cut) => cut.minutes === minutes) ?? longest
}

/** The scenes of a cut one after the other. */
export function partsOf({ folder }: ScenesView, cut: CutView | null): Part[] {
  let fromMs = 0
  return (cut?.parts ?? []).map(({ scene, minutes }) => {
    const part = { scene, minutes, fromMs, toMs: fromMs + minutes * MINUTE_MS }
    fromMs = part.toMs
    return { ...part, title: folder.find(({ name }) => name === scene)?.title ?? scene }
  })
}

/**
 * The scene after one: in the cut, or in the folder if there is no talk. The first of them without a scene, and after one that is
 * shown before the talk begins; null if there is none.
 */
export function sceneAfter(scenes: ScenesView, cut: CutView | null, name: string | null): string | null {
  const names = cut ? cut.parts.map(({ scene }) => scene) : scenes.folder.map(({ name }) => name)
  if (name === null) return names[0] ?? null
  const place = names.indexOf(name)
  if (place < 0 && scenes.startedMs !== null) return null
  return names[place + 1] ?? null
}

/** How long the talk has run; null before it begins. */
export function elapsedMs({ startedMs }: ScenesView, nowMs: number): number | null {
  return startedMs === null ? null : Math.max(0, nowMs - startedMs)
}

/**
 * By how much the speaker is behind the plan, in milliseconds; negative if ahead. A cue has an equal share of its scene's
 * time, and within that share the speaker is on time. Null if the plan does not have the scene, or the talk has not begun.
 */
export function lagMs(scenes: ScenesView, cut: CutView | null, { cue }: StageView, nowMs: number): number | null {
  const elapsed = elapsedMs(scenes, nowMs)
  const { open } = scenes
  const part = partsOf(scenes, cut).find(({ scene }) => scene === open?.name)
  if (elapsed === null || !open || !part) return null
  const share = (part.toMs - part.fromMs) / Math.max(1, open.cues.length)
  const [from, to] = [part.fromMs + share * cue, part.fromMs + share * (cue + 1)]
  if (elapsed < from) return elapsed - from
  return elapsed > to ? elapsed - to : 0
}

/** `2 min behind`, `1 min ahead`, `on time`; half a minute is on time. */
export function lagWords(lag: number): string {
  const minutes = Math.round(Math.abs(lag) / MINUTE_MS)
  return minutes === 0 ? 'on time' : `${plural(minutes, 'min', 'min')} ${lag > 0 ? 'behind' : 'ahead'}`
}

/** Where the plan is at a time. */
export function plannedAt(parts: readonly Part[], elapsed: number): Part | null {
  return parts.find(({ toMs }) => elapsed < toMs) ?? null
}

/** A time of the talk: `4:07`, `1:02:30`. */
export function talkTime(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const two = (part: number) => String(part).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

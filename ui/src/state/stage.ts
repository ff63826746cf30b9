// The open scene in words: how far its cue is, what its expectations say, what is made to fail. Pure.

import type { ActorView } from '../generated/ActorView'
import type { BuildingView } from '../generated/BuildingView'
import type { CheckStatus } from '../generated/CheckStatus'
import type { CueProgress } from '../generated/CueProgress'
import type { CueView } from '../generated/CueView'
import type { FaultView } from '../generated/FaultView'
import type { SceneView } from '../generated/SceneView'
import type { ScenesView } from '../generated/ScenesView'
import type { StageView } from '../generated/StageView'

export const NO_SCENES: ScenesView = {
  folder: [],
  cuts: [],
  problem: null,
  startedMs: null,
  open: null,
  playing: null,
}

export const NO_STAGE: StageView = {
  cue: 0,
  target: 0,
  start: 0,
  progress: 'clearing',
  building: null,
  checks: [],
  problems: [],
  actors: [],
  faults: [],
}

/** How something looks: never by its colour alone. */
export interface Sign {
  mark: string
  word: string
  look: 'good' | 'bad' | 'plain'
}

const CHECKS: Record<CheckStatus, Sign> = {
  waiting: { mark: '○', word: 'waiting', look: 'plain' },
  holding: { mark: '◐', word: 'holding', look: 'plain' },
  met: { mark: '✓', word: 'met', look: 'good' },
  failed: { mark: '✕', word: 'failed', look: 'bad' },
  broken: { mark: '✕', word: 'broken', look: 'bad' },
}

export function checkSign(status: CheckStatus): Sign {
  return CHECKS[status]
}

const PROGRESS: Record<CueProgress, Sign> = {
  clearing: { mark: '◌', word: 'starting', look: 'plain' },
  building: { mark: '◌', word: 'preparing', look: 'plain' },
  acting: { mark: '▸', word: 'acting', look: 'plain' },
  open: { mark: '○', word: 'waiting', look: 'plain' },
  met: { mark: '✓', word: 'met', look: 'good' },
  failed: { mark: '✕', word: 'failed', look: 'bad' },
}

export function progressSign(progress: CueProgress): Sign {
  return PROGRESS[progress]
}

/** Whether the cue has done what it does: then the next one may come. */
export function hasActed({ progress }: StageView): boolean {
  return progress !== 'clearing' && progress !== 'building' && progress !== 'acting'
}

/** The cue that is played; none for a moment while another scene opens. */
export function currentCue(scene: SceneView, { cue }: StageView): CueView | null {
  return scene.cues[cue] ?? null
}

/** Whether no cue follows the one to which the scene plays. */
export function isLast(scene: SceneView, { target }: StageView): boolean {
  return target + 1 >= scene.cues.length
}

/** Where a cue is next to the one that is played. */
export function cuePlace(index: number, { cue, target }: StageView): 'done' | 'now' | 'coming' | 'later' {
  if (index === cue) return 'now'
  if (index < cue) return 'done'
  return index <= target ? 'coming' : 'later'
}

/** `2/4 ✓`, and where it plays to by itself after a step back. */
export function cueCount(scene: SceneView, { cue, target, progress }: StageView): string {
  const count = `${cue + 1}/${scene.cues.length} ${progressSign(progress).mark}`
  return target > cue ? `${count} plays to ${target + 1}` : count
}

/** What a screen reader says of it when it changes. */
export function heardScene(scene: SceneView, stage: StageView): string {
  const cue = currentCue(scene, stage)
  if (cue === null) return ''
  return `${scene.title}, cue ${stage.cue + 1} of ${scene.cues.length}: ${cue.title}, ${progressSign(stage.progress).word}.`
}

/** What the scene waits for, and how long it has: `building the worker in Haskell, 12 s`. */
export function buildingWords({ what, sinceMs }: BuildingView, nowMs: number): string {
  return `${what}, ${Math.max(0, Math.floor((nowMs - sinceMs) / 1000))} s`
}

/** How long a fault stays on, in whole seconds. */
export function leftWords({ endsMs }: FaultView, nowMs: number): string {
  return `${Math.max(0, Math.ceil((endsMs - nowMs) / 1000))} s left`
}

/** A fault as a sentence has it: `late.ticks: latency 200ms`. */
export function faultWords({ on, fault }: FaultView): string {
  return `${on}: ${fault}`
}

/** The actor that is a process of the cast, if it is one. */
export function actorOf({ actors }: StageView, process: { pid: number; host: string }, host: string): ActorView | null {
  return (process.host === host && actors.find(({ pid }) => pid === process.pid)) || null
}

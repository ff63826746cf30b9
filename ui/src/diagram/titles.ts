// The names of boxes.

import { plural } from '../format'
import type { CastProcess } from '../generated/CastProcess'
import type { Stranger } from '../generated/Stranger'
import { processName } from '../state/cast'
import type { Node } from './graph'

/** The name of a box, and what distinguishes it from others of that name. */
export function titleOf({ kind, processes, strangers, absent, twins }: Node): { name: string; detail: string } {
  const [process] = processes
  if (kind === 'group') {
    const many = processes.length + strangers.length
    return { name: process ? `${many} × ${nameOf(process)}` : plural(many, 'peer'), detail: '' }
  }
  if (process && process.child?.startsWith(`${process.role}-`)) {
    return { name: short(`${process.program} ${process.child}`), detail: languageOf(process) }
  }
  if (process && isNamed(process)) return { name: short(process.child ?? ''), detail: nameOf(process) }
  if (process) {
    const details = [languageOf(process), twins ? String(process.pid) : '']
    return { name: nameOf(process), detail: details.filter((each) => each !== '').join(' ') }
  }
  if (absent !== null) return { name: short(absent), detail: '' }
  const [stranger] = strangers
  if (stranger?.child) return { name: short(stranger.child), detail: short(programOf(stranger)) }
  return { name: short(stranger?.holder ?? stranger?.address ?? ''), detail: '' }
}

/** The name that a box shares with those of its kind. */
export function kindOf(node: Node): string {
  const [process] = node.processes
  return process && node.kind === 'process' ? nameOf(process) : titleOf(node).name
}

/** What a box is called in a room, in em: the role and the pid of one of several equals if both names have no room. */
export function headingOf(node: Node, room: number, state: string): { name: string; detail: string } {
  const { name, detail } = titleOf(node)
  if (state !== '') {
    // Too few letters of a name say less than none.
    const rest = room - state.length * 0.6 - 0.5
    return rest < 2.6 ? { name: '', detail: fitted(state, room) } : { name: fitted(name, rest), detail: state }
  }
  const [process] = node.processes
  const child = process?.child
  if (child && widthOf(name) > room && name.endsWith(child)) return { name: fitted(child, room), detail: '' }
  if (detail === '' || !process) return { name: fitted(name, room), detail: '' }
  const rest = room - detail.length * 0.6 - 0.5
  const names = isNamed(process) ? [name] : [name, short(child ?? (process.role || process.program))]
  const fits = names.find((each) => widthOf(each) <= rest)
  return fits === undefined ? { name: fitted(name, room), detail: '' } : { name: fits, detail }
}

/** What is said below the name of a box that does not report. */
export function subtitleOf({ kind, strangers, absent }: Node): string {
  if (kind === 'absent') return absent?.includes('://') ? 'no process there' : 'not running'
  const [stranger, ...others] = strangers
  if (!stranger || others.length > 0) return 'they do not report'
  return stranger.holder === null ? 'does not report' : stranger.address
}

/** The command that starts what is absent; none if that is not known. */
export function commandOf({ absent, hint }: Node): string | null {
  return absent !== null && hint !== null ? `just ${absent}` : null
}

/** Whether a process has a name that says more than its program: that of a scene. */
function isNamed({ child, program, isDesk }: CastProcess): boolean {
  return child !== null && child !== program && !isDesk
}

/** The language of a process that is written in another one than the suite. */
function languageOf({ language }: CastProcess): string {
  return language === 'rust' ? '' : short(language)
}

/** The program of a peer that does not report, without its process id. */
function programOf({ holder, pid }: Stranger): string {
  return holder?.replace(` (pid ${pid})`, '') ?? ''
}

function nameOf(process: CastProcess): string {
  return short(processName(process)) || 'no name'
}

/** About how wide a letter of a name is, in em: near enough to cut a name where its room ends. */
const WIDTHS: readonly [RegExp, number][] = [
  [/[ijl.,:;'|!]/, 0.28],
  [/[frt ()/-]/, 0.38],
  [/[mwMW@%…]/, 0.88],
  [/[A-Z0-9×#&]/, 0.66],
]

export function widthOf(text: string): number {
  let width = 0
  for (const letter of text) width += WIDTHS.find(([letters]) => letters.test(letter))?.[1] ?? 0.58
  return width
}

/** A name that ends in an ellipsis if it is wider than its room, in em. */
export function fitted(text: string, room: number): string {
  if (text.length < NAME_MAX && widthOf(text) <= room) return text
  let kept = ''
  for (const letter of text) {
    if (widthOf(`${kept}${letter}…`) > room) break
    kept += letter
  }
  return `${kept.trimEnd()}…`
}

/** A name that is drawn is never longer than this. */
const NAME_MAX = 60

function short(text: string): string {
  return text.length > NAME_MAX ? `${text.slice(0, NAME_MAX - 1)}…` : text
}

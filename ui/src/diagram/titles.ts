// The names of boxes.

import { plural } from '../format'
import type { Node } from './graph'

/** The name of a box, and what distinguishes it from others of that name. */
export function titleOf({ kind, processes, strangers, absent }: Node): { name: string; detail: string } {
  const [process] = processes
  if (kind === 'group') {
    const many = processes.length + strangers.length
    return { name: process ? `${many} × ${nameOf(process)}` : plural(many, 'peer'), detail: '' }
  }
  if (process) return { name: nameOf(process), detail: process.isDesk ? '' : String(process.pid) }
  if (absent !== null) return { name: short(absent), detail: '' }
  return { name: short(strangers[0]?.holder ?? strangers[0]?.address ?? ''), detail: '' }
}

function nameOf({ program, role, isDesk }: { program: string; role: string; isDesk: boolean }): string {
  return short(isDesk || role === '' ? program : `${program} ${role}`) || 'no name'
}

/** A name that is drawn is never longer than this. */
const NAME_MAX = 60

function short(text: string): string {
  return text.length > NAME_MAX ? `${text.slice(0, NAME_MAX - 1)}…` : text
}

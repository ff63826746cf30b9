// Real programs for the tests of the desk: each at reserved ports, all of them ended with the test.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { afterEach, expect } from 'vitest'

/** Where the programs were built. */
export const FOLDER = process.env.PROGRAMS ?? resolve(import.meta.dirname, '../../../target/debug')

/** Programs run where a person would start them. */
const PROJECT = resolve(import.meta.dirname, '../../..')

/** How long anything may take, in milliseconds. */
export const BOUND = 60_000

/** What was started and is to be ended. */
const running = new Set<Program>()

afterEach(async () => {
  await Promise.all([...running].map((program) => program.kill()))
  running.clear()
})

/** The channels of one suite, as environment variables that name free ports of this machine. */
const CHANNELS = [
  'CHATZ_REQUESTS',
  'CHATZ_BROADCASTS',
  'TICKZ_TICKS',
  'VALUZ_ORDERS',
  'VALUZ_RESULTS',
  'VALUZ_CONTROL',
  'OBSERVE_REPORTS',
  'OBSERVE_OBSERVATIONS',
  'DEALZ_COMMANDS',
] as const

/** Those, and the hub to which programs report: the desk's. */
export type Channels = Record<(typeof CHANNELS)[number] | 'SUITE_OBSERVE', string>

/** The header of a desk on which all is as it should be. */
export const ALL_UP = /●\s+[1-9]\d* connections? up/

/**
 * Free ports, all different. Each has had a connection, so for a minute the system gives it only to programs
 * that name it (`testkit::ports` says why).
 */
export async function freePorts(count: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer((socket) => socket.end())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const client = connect(port, '127.0.0.1').resume()
      await once(client, 'close')
      server.close()
      return port
    }),
  )
}

/** The channels of a suite at free ports. */
export async function freeChannels(): Promise<Channels> {
  const ports = await freePorts(CHANNELS.length)
  const channels = Object.fromEntries(CHANNELS.map((name, index) => [name, `tcp://127.0.0.1:${ports[index]}`]))
  return { ...channels, SUITE_OBSERVE: channels.OBSERVE_REPORTS } as Channels
}

/** A program of the suite that runs. */
export class Program {
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''

  constructor(name: string, args: string[], env: Record<string, string>, prefix: string[]) {
    const path = resolve(FOLDER, name)
    if (!existsSync(path)) throw new Error(`${path} is not built: cargo build --workspace --bins`)
    const [program = path, ...rest] = [...prefix, path, ...args]
    this.#child = spawn(program, rest, {
      cwd: PROJECT,
      // Where libzmq makes the folder of a socket at ipc://*, which stays if the program is killed: not in the project.
      env: { TMPDIR: tmpdir(), ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (text) => (this.#stdout += text))
    this.#child.stderr?.on('data', (text) => (this.#stderr += text))
    running.add(this)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get log(): string {
    return this.#stderr
  }

  /** Waits until its output has a match, and returns the match. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(() => {
      const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr)
      if (!match) throw new Error(`it did not say ${pattern}:\n${this.#stdout}\n${this.#stderr}`)
      return match
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits for its end and returns the exit code; null if a signal ended it. */
  async ends(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise((ended) => this.#child.once('exit', ended))
    }
    running.delete(this)
    return this.#child.exitCode
  }

  async kill(): Promise<void> {
    this.signal('SIGCONT')
    this.signal('SIGKILL')
    await this.ends()
  }
}

/** Starts a program of the suite, by itself or by the command `prefix`. */
export function start(name: string, args: string[], env: Record<string, string> = {}, prefix: string[] = []): Program {
  return new Program(name, args, env, prefix)
}

/** Starts the desk's page at a free port, and returns its link. */
export async function startDesk(args: string[], env: Record<string, string>): Promise<{ desk: Program; link: string }> {
  const desk = start('dealz', ['--web', '127.0.0.1:0', ...args], env)
  const [, link] = await desk.says(/(http:\/\/\S+)\s/)
  return { desk, link: link ?? '' }
}

/** Waits until `attempt` does not throw. */
export async function eventually<T>(attempt: () => T | Promise<T>, bound = BOUND): Promise<T> {
  const deadline = Date.now() + bound
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((wake) => setTimeout(wake, 20))
    }
  }
}

/** For how many milliseconds some process has waited for a processor since the system started (`testkit::stopwatch` says why). */
function busy(): number {
  const text = existsSync('/proc/pressure/cpu') ? readFileSync('/proc/pressure/cpu', 'utf8') : ''
  return Number(/total=(\d+)/.exec(text)?.[1] ?? 0) / 1000
}

/** Starts now, and returns how many milliseconds have passed whenever it is called, less those in which the machine was busy. */
export function stopwatch(): () => number {
  const [begin, before] = [Date.now(), busy()]
  return () => Math.max(0, Date.now() - begin - (busy() - before))
}

/** The processes that `pid` has started, and those that they have. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [pid]
  for (const parent of found) for (const [child, of] of parents) if (of === parent) found.push(child)
  return found.slice(1)
}

/** The program of a process, as the system shortens it; empty if it has ended. */
export function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Whether a process is there and no zombie. */
export function lives(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return status.slice(status.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}

/** Kills a process that may have ended by itself. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits until none of the processes is left. */
export async function allEnd(pids: number[]): Promise<void> {
  await eventually(() => expect(pids.filter(lives)).toEqual([]))
}

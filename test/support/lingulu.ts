import {randomUUID} from 'node:crypto'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {mkdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import {execa, type Options} from 'execa'
import {afterAll, beforeAll} from 'vitest'
import Transcribe from '../../src/commands/transcribe.js'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A recording of the repository: synthesized speech. */
export const sample = (name: string): string => join(root, 'datasets/samples', name)

/** Decodes once and greedily: quick, and the same every time. */
export const GREEDY = ['--beam-size', 'none', '--temperature-increment-on-fallback', 'none'] as const

export interface Finished {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
  /** Stdout as the one JSON document that it is. */
  json(): unknown
  /** Stdout as JSON lines. */
  lines(): Record<string, unknown>[]
}

/** `lingulu transcribe …` in this process, from the sources. */
export async function transcribe(...argv: readonly string[]): Promise<Finished> {
  const before = process.exitCode
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput<unknown>(() => Transcribe.run([...argv], {root}))
  const exitCode = Number(process.exitCode ?? 0)
  process.exitCode = before
  // Everything that a user may meet is printed; what is thrown is a bug.
  if (error) throw error
  return finished(stdout, stderr, exitCode)
}

export function finished(stdout: string, stderr: string, exitCode: number): Finished {
  return {
    stdout,
    stderr,
    exitCode,
    json: () => JSON.parse(stdout),
    lines: () =>
      stdout
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line)),
  }
}

/** `lingulu …` as a process of its own, at the head of a process group as in a terminal. */
export function startLingulu(argv: readonly string[], options: Options = {}) {
  const process = execa('node', ['--import', 'tsx', join(root, 'bin/dev.js'), ...argv], {
    detached: true,
    cleanup: false,
    reject: false,
    cwd: root,
    ...options,
  })
  const {pid} = process
  if (pid === undefined) throw new Error('lingulu does not start')
  return {
    process,
    pid,
    signalAll: (signal: NodeJS.Signals) => globalThis.process.kill(-pid, signal),
    ended: async (): Promise<Finished> => {
      const {stdout, stderr, exitCode} = await process
      return finished(String(stdout), String(stderr), exitCode ?? -1)
    },
  }
}

/** Where other processes can be looked at. */
export const hasProc = existsSync('/proc/self/status')
export const needsProc = hasProc ? '' : ' (skipped: there is no /proc)'

/** Processes that a process has started. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(thread =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

export function isRunning(pid: number): boolean {
  try {
    // A zombie is gone but for its parent's reading of its exit code.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits for something to come true; fails after the time, naming what did not. */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}`)
    await sleep(20)
  }
}

/** A folder for all tests of a file, there while they run; to be called where they are declared. */
export function suiteFolder(): string {
  const folder = join(tmpdir(), `lingulu-e2e-${randomUUID().slice(0, 8)}`)
  beforeAll(() => mkdir(folder).then(() => undefined))
  afterAll(() => rm(folder, {recursive: true, force: true}))
  return folder
}

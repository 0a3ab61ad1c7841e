import {existsSync, readFileSync, statSync} from 'node:fs'
import {cp, mkdir, readdir} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {beforeAll, describe, expect, test} from 'vitest'
import {readTree} from '../pipeline/transcripts/temporary-folder.js'
import {
  childrenOf,
  GREEDY,
  hasProc,
  isRunning,
  needsProc,
  startLingulu,
  suiteFolder,
  until,
} from '../support/lingulu.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'
import {librispeech} from '../support/speech.js'

const FILES = 12
/** Recordings of one worker at once: one decoded, two prepared. */
const IN_FLIGHT = 3

const folder = suiteFolder()
const audio = join(folder, 'audio')
const start = (out: string, ...argv: string[]) =>
  startLingulu(
    ['transcribe', audio, '-m', sharedData('models/whisper-nano'), ...GREEDY, '-f', 'txt,json', '-o', out].concat(
      '--batch-size',
      '1',
      '--threads',
      '1',
      ...argv,
    ),
  )

/** The files that a user sees, by name. */
async function outputs(out: string): Promise<Record<string, string>> {
  const tree = Object.entries(await readTree(out))
  return Object.fromEntries(tree.filter(([name]) => !basename(name).startsWith('.')))
}

/** What the journal calls done, in order; the last line may be torn. */
function doneIn(out: string): string[] {
  const path = join(out, '.lingulu-journal.jsonl')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line)).flatMap(line => (line.type === 'done' ? [line.key] : []))
}

const inodesOf = (out: string, keys: readonly string[]) => keys.map(key => statSync(join(out, `${key}.txt`)).ino)

describe.skipIf(!hasSharedData || !hasProc)(`an interrupted run${needsSharedData}${needsProc}`, () => {
  let undisturbed: Record<string, string>
  let milliseconds = 0

  beforeAll(async () => {
    await mkdir(audio)
    for (const file of librispeech(FILES)) await cp(file, join(audio, basename(file)))
    const out = join(folder, 'undisturbed')
    const started = performance.now()
    expect(await start(out).ended()).toMatchObject({exitCode: 0, stdout: ''})
    milliseconds = performance.now() - started
    undisturbed = await outputs(out)
    expect(Object.keys(undisturbed).length).toBe(2 * FILES)
  })

  test('that is killed again and again ends with the outputs of an undisturbed one, nothing done twice', async () => {
    const out = join(folder, 'killed')
    await mkdir(out)
    for (let round = 0; round < 5; round++) {
      const before = doneIn(out)
      const inodes = inodesOf(out, before)
      const run = start(out, '--resume')
      await sleep(milliseconds * (0.2 + 0.6 * Math.random()))
      if (isRunning(run.pid)) run.signalAll('SIGKILL')
      await run.ended()
      // What was done stays as it was, and whatever stands under its name is whole.
      expect(doneIn(out).slice(0, before.length)).toEqual(before)
      expect(inodesOf(out, before)).toEqual(inodes)
      expect(undisturbed).toMatchObject(await outputs(out))
    }
    const before = doneIn(out)
    const last = await start(out, '--resume', '--jsonl').ended()
    expect(last.exitCode).toBe(0)
    const [summary] = last.lines().slice(-1)
    expect(summary).toMatchObject({inputs: {total: FILES, ok: FILES, resumed: before.length}})
    expect(await outputs(out)).toEqual(undisturbed)
    const done = doneIn(out)
    expect([...done].sort()).toEqual([...new Set(done)].sort())
    expect(done.length).toBe(FILES)
    expect((await readdir(out)).filter(name => name.startsWith('.'))).toEqual(['.lingulu-journal.jsonl'])
  })

  test('by Ctrl-C ends with exit code 130, says how to go on, leaves no process, and can be resumed', async () => {
    const out = join(folder, 'interrupted')
    const run = start(out)
    await until('two files are done', () => doneIn(out).length >= 2)
    const workers = childrenOf(run.pid)
    expect(workers.length).toBeGreaterThan(0)
    run.signalAll('SIGINT')
    const {exitCode, stderr} = await run.ended()
    expect(exitCode).toBe(130)
    expect(stderr).toMatch(/Error: Interrupted\. What was finished is saved\.\n {2}→ The same command with --resume/)
    expect(workers.filter(isRunning)).toEqual([])
    const done = doneIn(out)
    expect(done.length).toBeLessThan(FILES)
    const resumed = await start(out, '--resume', '--jsonl').ended()
    expect(resumed.lines().at(-1)).toMatchObject({inputs: {ok: FILES, resumed: done.length}})
    expect(await outputs(out)).toEqual(undisturbed)
  })

  test('whose main process alone is killed leaves no worker behind', async () => {
    const out = join(folder, 'orphans')
    const run = start(out)
    await until('a file is done', () => doneIn(out).length >= 1)
    const workers = childrenOf(run.pid)
    process.kill(run.pid, 'SIGKILL')
    await run.ended()
    await until('the workers are gone', () => !workers.some(isRunning), 15)
  })

  test('whose worker is killed goes on with another, and all outputs are right', async () => {
    const out = join(folder, 'crashed')
    const run = start(out)
    await until('two files are done', () => doneIn(out).length >= 2)
    const atCrash = doneIn(out).length
    for (const worker of childrenOf(run.pid)) process.kill(worker, 'SIGKILL')
    const {exitCode, stderr} = await run.ended()
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    const retried = stderr.split('\n').filter(line => line.endsWith('It is tried once more.'))
    expect(retried.length).toBeGreaterThan(0)
    expect(retried.length).toBeLessThanOrEqual(IN_FLIGHT)
    expect(retried[0]).toContain('SIGKILL')
    expect(await outputs(out)).toEqual(undisturbed)
    expect(doneIn(out).length).toBe(FILES)
    expect(atCrash).toBeLessThan(FILES)
  })
})

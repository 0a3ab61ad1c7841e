import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {expect, test} from 'vitest'
import {JOURNAL_NAME} from '../../../src/pipeline/transcripts/read-journal.js'
import type {CrashChildOptions} from './crash-child.js'
import {runFakeBatch} from './fake-batch.js'
import {seededRandom} from './random-transcript.js'
import {readTree, temporaryFolder} from './temporary-folder.js'

const CHILD = fileURLToPath(new URL('crash-child.ts', import.meta.url))
const FILES = 10
const KILLS_PER_RUN = 4

/** Runs the batch until it ends or is killed `killAfter` milliseconds after it began. */
async function runChild(options: CrashChildOptions, killAfter?: number): Promise<NodeJS.Signals | number | null> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), ended])
  if (killAfter !== undefined) {
    await sleep(killAfter)
    child.kill('SIGKILL')
  }
  const [code, signal] = await ended
  return signal ?? code
}

async function doneIn(outputDir: string): Promise<Set<string>> {
  const journal = await readFile(join(outputDir, JOURNAL_NAME), 'utf8').catch(() => '')
  const whole = journal.split('\n').slice(0, -1)
  return new Set(
    whole
      .map(line => JSON.parse(line))
      .filter(({type}) => type === 'done')
      .map(({audio}) => audio),
  )
}

// Half of the kills come between two steps of the work, half at any moment of the clock: 20 in all.
test.each([1, 2, 3, 4, 5])(
  'killed again and again, a resumed run gives the outputs of an undisturbed one and decodes nothing twice but what was in flight (%i)',
  {timeout: 120_000},
  async seed => {
    const random = seededRandom(seed)
    const folder = await temporaryFolder()
    const options = {input: join(folder, 'in'), outputDir: join(folder, 'out'), log: join(folder, 'decoded')}
    await mkdir(join(options.input, 'deep'), {recursive: true})
    for (let index = 1; index <= FILES; index++)
      await writeFile(join(options.input, index % 3 ? '' : 'deep', `${index}.wav`), 'x'.repeat(index))
    await writeFile(options.log, '')
    await runFakeBatch({inputs: [options.input], outputDir: join(folder, 'undisturbed')})

    let decodedBefore = 0
    for (let kill = 0; kill < KILLS_PER_RUN; kill++) {
      const done = await doneIn(options.outputDir)
      await runChild(
        kill % 2 ? options : {...options, dieAtStep: 1 + Math.floor(random() * 9)},
        kill % 2 ? random() * 120 : undefined,
      )
      decodedBefore = await checkDecoded(done, decodedBefore)
    }
    const done = await doneIn(options.outputDir)
    expect(await runChild(options)).toBe(0)
    await checkDecoded(done, decodedBefore)

    const decoded = (await readFile(options.log, 'utf8')).trim().split('\n')
    expect(new Set(decoded).size).toBe(FILES)
    // Two files are in flight at a time.
    expect(decoded.length).toBeLessThanOrEqual(FILES + 2 * KILLS_PER_RUN)
    const {[JOURNAL_NAME]: _, ...outputs} = await readTree(options.outputDir)
    const {[JOURNAL_NAME]: __, ...expected} = await readTree(join(folder, 'undisturbed'))
    expect(outputs).toEqual(expected)

    async function checkDecoded(done: ReadonlySet<string>, before: number): Promise<number> {
      const all = (await readFile(options.log, 'utf8')).split('\n').slice(0, -1)
      expect(all.slice(before).filter(name => done.has(name))).toEqual([])
      return all.length
    }
  },
)

import {existsSync, readFileSync} from 'node:fs'
import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {EvaluationReport} from '../../src/pipeline/evaluation/evaluation-report.js'
import {atomModel} from '../support/atom-models.js'
import {untimed, writeToneSet} from '../support/evaluate.js'
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

const UTTERANCES = 90
const KILLS = 2
/** Each test starts several processes; a busy machine may take long for each. */
const TIMEOUT_MS = 300_000
const PATIENCE_SECONDS = 120

const folder = suiteFolder()
const ONE_BY_ONE = ['--batch-size', '1', '--threads', '1', '--bootstrap-samples', '200']

/** What a store holds, in order; the last line may be torn. */
function storedIn(stem: string): string[] {
  const path = [`${stem}.hyps.jsonl.part`, `${stem}.hyps.jsonl`].find(existsSync)
  if (path === undefined) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line)).flatMap(line => (line.type === 'hypothesis' ? [line.id] : []))
}

const reportAt = async (stem: string) => EvaluationReport.parse(JSON.parse(await readFile(`${stem}.json`, 'utf8')))

describe.skipIf(!hasProc)(`an evaluation${needsProc}`, {timeout: TIMEOUT_MS}, () => {
  let manifest: string
  let undisturbed: EvaluationReport
  const start = (stem: string, ...argv: string[]) =>
    startLingulu(['evaluate', manifest, '-m', atomModel('ctc-atom'), '--report', `${stem}.md`].concat(ONE_BY_ONE, argv))

  beforeAll(async () => {
    manifest = await writeToneSet(join(folder, 'set'), UTTERANCES, ({text}, index) => ({
      text: index % 7 === 0 ? `${text} again` : text,
    }))
    const stem = join(folder, 'undisturbed/run')
    expect(await start(stem).ended()).toMatchObject({exitCode: 0})
    undisturbed = await reportAt(stem)
    expect(undisturbed.wer).toBeGreaterThan(0)
  }, TIMEOUT_MS)

  test('that is killed again and again gives the report of an undisturbed one, nothing recognised twice', async () => {
    const stem = join(folder, 'killed/run')
    let killed = 0
    for (let round = 1; round <= KILLS; round++) {
      const before = storedIn(stem)
      const run = start(stem, '--resume')
      await until(
        'some more are stored',
        () => storedIn(stem).length >= before.length + 5 || !isRunning(run.pid),
        PATIENCE_SECONDS,
      )
      if (isRunning(run.pid)) {
        run.signalAll('SIGKILL')
        killed++
      }
      await run.ended()
      expect(storedIn(stem).slice(0, before.length)).toEqual(before)
      expect(existsSync(`${stem}.json`)).toBe(false)
    }
    expect(killed).toBe(KILLS)
    const before = storedIn(stem).length
    expect(before).toBeLessThan(UTTERANCES)
    const {exitCode, stderr} = await start(stem, '--resume').ended()
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`${before} utterances were recognised before, ${UTTERANCES - before} are left.`)
    const stored = storedIn(stem)
    expect(stored.length).toBe(UTTERANCES)
    expect(new Set(stored).size).toBe(UTTERANCES)
    const report = await reportAt(stem)
    expect(untimed(report)).toEqual(untimed(undisturbed))
    expect(report.warnings).toContainEqual(expect.stringContaining(`the sum of ${KILLS + 1} parts`))
    expect((await readdir(join(folder, 'killed'))).filter(name => /part|lock|tmp/.test(name))).toEqual([])
  })

  test('that Ctrl-C ends has exit code 130, says how to go on, leaves no process, and can be resumed', async () => {
    const stem = join(folder, 'interrupted/run')
    const run = start(stem)
    await until('some are stored', () => storedIn(stem).length >= 5, PATIENCE_SECONDS)
    const workers = childrenOf(run.pid)
    expect(workers.length).toBeGreaterThan(0)
    run.signalAll('SIGINT')
    const {exitCode, stderr, stdout} = await run.ended()
    expect({exitCode, stdout}).toEqual({exitCode: 130, stdout: ''})
    expect(stderr).toMatch(/Error: Interrupted\. What was recognised is kept\.\n {2}→ The same command with --resume/)
    expect(workers.filter(isRunning)).toEqual([])
    expect(storedIn(stem).length).toBeLessThan(UTTERANCES)
    const anew = await start(stem).ended()
    expect(anew.stderr).toMatch(/run\.hyps\.jsonl\.part is of a run that was interrupted\.\n {2}→ .*--resume/)
    expect(anew.exitCode).toBe(2)
    expect(await start(stem, '--resume').ended()).toMatchObject({exitCode: 0})
    expect(untimed(await reportAt(stem))).toEqual(untimed(undisturbed))
  })

  test('whose worker is killed goes on with another, and the report is right', async () => {
    const stem = join(folder, 'crashed/run')
    const run = start(stem)
    await until('some are stored', () => storedIn(stem).length >= 5, PATIENCE_SECONDS)
    for (const worker of childrenOf(run.pid)) process.kill(worker, 'SIGKILL')
    const {exitCode, stderr} = await run.ended()
    expect(stderr).toMatch(/It is tried once more\./)
    expect(exitCode).toBe(0)
    expect(untimed(await reportAt(stem))).toEqual(untimed(undisturbed))
  })
})

describe.skipIf(!hasSharedData || !hasProc)(
  `whisper-nano on LibriSpeech${needsSharedData}${needsProc}`,
  {timeout: TIMEOUT_MS},
  () => {
    test('killed in the middle and resumed gives the same report, with --json on a pipe', async () => {
      const argv = (stem: string) =>
        ['evaluate', sharedData('librispeech'), '-m', sharedData('models/whisper-nano'), ...GREEDY].concat(
          '--subset',
          '20',
          '--batch-size',
          '1',
          '--report',
          `${stem}.md`,
          '--json',
          ...ONE_BY_ONE.slice(2),
        )
      const undisturbed = join(folder, 'nano/undisturbed')
      const {exitCode, json} = await startLingulu(argv(undisturbed)).ended()
      expect(exitCode).toBe(0)
      const report = EvaluationReport.parse(json())
      expect(report.dataset.subset?.utterances).toBe(20)
      expect(report.wer).toBeLessThan(1)
      const stem = join(folder, 'nano/killed')
      const run = startLingulu(argv(stem))
      await until('some are stored', () => storedIn(stem).length >= 3, PATIENCE_SECONDS)
      run.signalAll('SIGKILL')
      await run.ended()
      expect(storedIn(stem).length).toBeLessThan(20)
      const resumed = await startLingulu([...argv(stem), '--resume']).ended()
      expect(resumed.exitCode).toBe(0)
      expect(untimed(EvaluationReport.parse(resumed.json()))).toEqual(untimed(report))
    })
  },
)

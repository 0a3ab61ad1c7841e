import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import Evaluate from '../../src/commands/evaluate.js'
import {EvaluationReport} from '../../src/pipeline/evaluation/evaluation-report.js'
import {tones} from './atom-models.js'
import {type Finished, finished, root} from './lingulu.js'
import {writeWav} from './speech.js'

/** `lingulu evaluate …` in this process, from the sources. */
export async function evaluate(...argv: readonly string[]): Promise<Finished & {report(): EvaluationReport}> {
  const before = process.exitCode
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput<unknown>(() => Evaluate.run([...argv], {root}))
  const exitCode = Number(process.exitCode ?? 0)
  process.exitCode = before
  // Everything that a user may meet is printed; what is thrown is a bug.
  if (error) throw error
  const ended = finished(stdout, stderr, exitCode)
  return {...ended, report: () => EvaluationReport.parse(ended.json())}
}

/** What ctc-atom writes down when it hears a tone. */
const WORDS: readonly (readonly [word: string, hz: number])[] = [
  ['LOW', 200],
  ['DEEP', 330],
  ['SOFT', 540],
  ['CLEAR', 880],
  ['HIGH', 1400],
  ['THIN', 2300],
]

export interface ToneRow {
  readonly id: string
  readonly text: string
  readonly speaker: string
  readonly accent: string
}

/**
 * A data set that ctc-atom hears without an error: tones of one word, three speakers in turn. Each row lies in the
 * manifest as `change` makes it.
 */
export async function writeToneSet(
  folder: string,
  count: number,
  change: (row: ToneRow, index: number) => Partial<ToneRow> = () => ({}),
): Promise<string> {
  await mkdir(folder, {recursive: true})
  const rows = ['id,audio,text,speaker,accent']
  for (let index = 0; index < count; index++) {
    const [word, hz] = WORDS[index % WORDS.length] ?? ['', 0]
    const id = `u${String(index).padStart(3, '0')}`
    const seconds = 3 + 0.25 * Math.floor(index / WORDS.length)
    await writeWav(folder, `${id}.wav`, tones('sine', [[0.5, 2.5, hz]], Math.round(seconds * 16_000)))
    const row: ToneRow = {id, text: word.toLowerCase(), speaker: `s${index % 3}`, accent: index % 2 ? 'north' : 'south'}
    const {text, speaker, accent} = {...row, ...change(row, index)}
    rows.push([id, `${id}.wav`, text, speaker, accent].join(','))
  }
  const manifest = join(folder, 'manifest.csv')
  await writeFile(manifest, `${rows.join('\n')}\n`)
  return manifest
}

/** What two runs that recognised the same have in common: all but times, and how they came about. */
export const untimed = (report: EvaluationReport) => ({
  ...report,
  speed: null,
  startedAt: '',
  finishedAt: '',
  command: '',
  warnings: [],
  scores: report.scores.map(({latencySeconds: _, ...score}) => score),
})

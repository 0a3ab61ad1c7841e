import {relative} from 'node:path'
import {LinguluError} from '../errors.js'
import type {Dataset, DatasetProblem, Utterance} from './utterance.js'

/** So many problems are shown, the others counted. */
const SHOWN_PROBLEMS = 20

/** `test.csv, line 3: no such file …`, with the file as seen from `folder`. */
export function formatProblem({file, line, message}: DatasetProblem, folder: string = process.cwd()): string {
  const place = relative(folder, file) || file
  return `${place}${line === undefined ? '' : `, line ${line}`}: ${message}`
}

/** The first 20 problems, one a line, and how many more there are. */
export function formatProblems(problems: readonly DatasetProblem[], folder?: string): string[] {
  const lines = problems.slice(0, SHOWN_PROBLEMS).map(problem => formatProblem(problem, folder))
  const rest = problems.length - lines.length
  return rest > 0 ? [...lines, `and ${rest.toLocaleString('en')} more`] : lines
}

/**
 * Lets a data set pass that can be evaluated as it is.
 * @throws {LinguluError} MANIFEST_INVALID with all problems of severity `error`.
 */
export function checkDataset({path, problems}: Dataset, hint?: string): void {
  const errors = problems.filter(({severity}) => severity === 'error')
  if (errors.length === 0) return
  const count = errors.length === 1 ? 'a problem' : `${errors.length.toLocaleString('en')} problems`
  const lines = formatProblems(errors).map(line => `  ${line}`)
  throw new LinguluError('MANIFEST_INVALID', `${path}: a data set with ${count}\n${lines.join('\n')}`, {
    hint: hint ?? 'See docs/datasets.md for what a data set must have.',
  })
}

/** What can be evaluated all the same: the utterances without a problem of severity `error`. */
export function withoutErrors({utterances, problems}: Dataset): Utterance[] {
  const key = (file: string, line: number | undefined) => `${line}\0${file}`
  const errors = problems.filter(({severity}) => severity === 'error')
  const bad = new Set(errors.map(({file, line}) => key(file, line)))
  // What a whole list lacks, or a list of recordings beside it, is told there, not where the utterances stand.
  const lacksAudio = errors.some(({kind}) => kind === 'missing-audio')
  const lacksTexts = errors.some(({kind, line}) => kind === 'missing-reference' && line === undefined)
  return utterances.filter(
    ({audio, text, place}) =>
      !bad.has(key(place.file, place.line)) && !(lacksAudio && audio === undefined) && !(lacksTexts && text === ''),
  )
}

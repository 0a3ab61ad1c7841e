import type {DatasetOptions} from '../pipeline/datasets/dataset-options.js'
import {formatProblem} from '../pipeline/datasets/dataset-problems.js'
import {openDataset} from '../pipeline/datasets/open-dataset.js'
import {type Verification, verifyDataset} from '../pipeline/datasets/verify-dataset.js'
import {interruptSignal} from './interrupt.js'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

export interface VerifiedDataset extends Verification {
  readonly name: string
  readonly path: string
  readonly errors: number
  readonly warnings: number
}

export interface RunVerifyOptions {
  readonly quiet: boolean
  /** Prints a line. */
  readonly log: (line: string) => void
}

/** Checks a data set: problems as they are found, and how far it is on a terminal. */
export async function runDatasetVerify(
  source: string,
  options: DatasetOptions,
  {quiet, log}: RunVerifyOptions,
): Promise<VerifiedDataset> {
  using interrupt = interruptSignal('Interrupted before everything was checked.')
  const {signal} = interrupt
  const dataset = await openDataset(source, {...options, signal})
  const showsBar = !quiet && process.stderr.isTTY
  const bar = showsBar ? await openProgressBar(process.stderr, '{bar} {value} of {total} recordings') : undefined
  try {
    for await (const event of verifyDataset(dataset, {signal})) {
      if (event.type === 'start') bar?.start(event.recordings, {})
      else if (event.type === 'progress') bar?.update(event.done, {})
      else if (event.type === 'problem')
        above(bar, () => log(`${event.problem.severity}: ${formatProblem(event.problem)}`))
      else {
        const verified = summarize(dataset.name, dataset.path, event.verification)
        bar?.stop()
        log(sentence(verified))
        return verified
      }
    }
  } finally {
    bar?.stop()
  }
  throw new Error('a verification ends with done')
}

function above(bar: ProgressBar | undefined, write: () => void): void {
  if (bar === undefined) write()
  else bar.above(write)
}

function summarize(name: string, path: string, verification: Verification): VerifiedDataset {
  const errors = verification.problems.filter(({severity}) => severity === 'error').length
  return {name, path, ...verification, errors, warnings: verification.problems.length - errors}
}

function sentence({name, utterances, recordings, seconds, errors, warnings}: VerifiedDataset): string {
  const number = (value: number) => value.toLocaleString('en')
  const found = errors + warnings === 0 ? 'nothing is wrong' : `${number(errors)} errors, ${number(warnings)} warnings`
  return `${name}: ${number(utterances)} utterances in ${number(recordings)} recordings, ${(seconds / 3600).toFixed(2)} h: ${found}.`
}

import {realpath} from 'node:fs/promises'
import {resolve} from 'node:path'
import type {Utterance} from '../datasets/utterance.js'
import {LinguluError} from '../errors.js'
import {checkTargets} from '../reports/check-targets.js'
import {type KeptFile, type ReportTargets, reportFiles} from '../reports/report-targets.js'
import {unfinishedPath} from './hypothesis-store.js'
import type {SelectedDataset} from './select-dataset.js'

export interface FileOptions {
  readonly files?: Pick<ReportTargets, 'report' | 'html' | 'junit' | 'charts'> | undefined
  readonly hypotheses?: string | undefined
  readonly from?: string | undefined
  readonly baseline?: string | undefined
  readonly updateBaseline?: boolean | undefined
  readonly resume?: boolean | undefined
  /** Replace files that are of no earlier evaluation, and hypotheses of another run. */
  readonly force?: boolean | undefined
}

/** Where the results go. */
export interface OutputPlan {
  readonly targets: ReportTargets
  /** Absolute. */
  readonly hypotheses: string | undefined
}

/**
 * Decides where everything goes, before any work.
 *
 * @throws LinguluError USAGE for options that mean nothing together
 */
export function planOutputFiles(options: FileOptions): OutputPlan {
  const {files = {}, from, baseline, resume, force} = options
  if (from !== undefined && (options.hypotheses !== undefined || resume))
    throw new LinguluError('USAGE', '--from recognises nothing: it cannot be given with --hyps or --resume.')
  if (options.updateBaseline && baseline === undefined)
    throw new LinguluError('USAGE', '--update-baseline needs --baseline.', {hint: 'It names the report to replace.'})
  const beside = from === undefined ? reportFiles(files).json?.replace(/\.json$/i, '.hyps.jsonl') : undefined
  const hypotheses = options.hypotheses === undefined ? beside : resolve(options.hypotheses)
  if (resume && hypotheses === undefined)
    throw new LinguluError('USAGE', '--resume without hypotheses that were kept: there is nothing to go on with.', {
      hint: 'Give --report or --hyps with the name that the interrupted run was given.',
    })
  return {hypotheses, targets: {...files, force}}
}

/**
 * Makes sure that the results can be written, that nothing which is read is written over, and nothing twice.
 *
 * @throws LinguluError USAGE, OUTPUT_COLLISION, OUTPUT_EXISTS, OUTPUT_FAILED
 */
export async function checkOutputFiles(
  {targets, hypotheses}: OutputPlan,
  {path, all}: Pick<SelectedDataset, 'path' | 'all'>,
  {from, baseline}: FileOptions,
): Promise<void> {
  const inputs = [kept(path, 'the data set'), kept(from, 'the hypotheses'), kept(baseline, 'the baseline')].flat()
  const outputs = hypotheses === undefined ? [] : [hypotheses, unfinishedPath(hypotheses)]
  const {markdown, json, html, junit, charts} = reportFiles(targets)
  await refuseParts([...outputs, markdown, json, html, junit, ...charts.map(({path}) => path)], all)
  await checkTargets({...targets, keep: [...inputs, ...outputs.map(path => ({path, what: 'the hypotheses'}))]})
  // The store is no report, but the same holds for it.
  for (const path of outputs) await checkTargets({junit: path, force: true, keep: inputs})
}

/** Recordings and lists of a data set are too many to look each of them up on the disk. */
async function refuseParts(outputs: readonly (string | undefined)[], all: readonly Utterance[]): Promise<void> {
  const parts = new Set(all.flatMap(({audio, place}) => [audio, place.file]))
  for (const output of outputs) {
    if (output === undefined) continue
    const real = await realpath(output).catch(() => output)
    if (parts.has(output) || parts.has(real))
      throw new LinguluError('OUTPUT_COLLISION', `${output}: the report would replace a file of the data set`, {
        hint: 'Choose another name.',
      })
  }
}

const kept = (path: string | undefined, what: string): KeptFile[] => (path === undefined ? [] : [{path, what}])

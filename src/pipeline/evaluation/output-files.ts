import {resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {checkTargets} from '../reports/check-targets.js'
import {type KeptFile, type ReportTargets, reportFiles} from '../reports/report-targets.js'
import {unfinishedPath} from './hypothesis-store.js'

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
 * @param dataset path of the data set
 * @throws LinguluError USAGE, OUTPUT_COLLISION, OUTPUT_EXISTS, OUTPUT_FAILED
 */
export async function checkOutputFiles(
  {targets, hypotheses}: OutputPlan,
  dataset: string,
  {from, baseline}: FileOptions,
): Promise<void> {
  const inputs = [kept(dataset, 'the data set'), kept(from, 'the hypotheses'), kept(baseline, 'the baseline')].flat()
  const outputs = hypotheses === undefined ? [] : [hypotheses, unfinishedPath(hypotheses)]
  await checkTargets({...targets, keep: [...inputs, ...outputs.map(path => ({path, what: 'the hypotheses'}))]})
  // The store is no report, but the same holds for it.
  for (const path of outputs) await checkTargets({junit: path, force: true, keep: inputs})
}

const kept = (path: string | undefined, what: string): KeptFile[] => (path === undefined ? [] : [{path, what}])

import type {Interfaces} from '@oclif/core'
import type Evaluate from '../commands/evaluate.js'
import {LinguluError} from '../pipeline/errors.js'
import type {EvaluateOptions} from '../pipeline/evaluate.js'
import {parseLanguage} from '../pipeline/text/languages.js'
import {ctcOptions} from './ctc-flags.js'
import {datasetOptions} from './dataset-flags.js'
import {gateOptions} from './gate-options.js'
import {modelOptions} from './model-options.js'
import {prepareOptions} from './prepare-options.js'
import {scoringOptions} from './scoring-flags.js'
import {whisperOptions} from './whisper-flags.js'

export type EvaluateFlags = Interfaces.InferredFlags<typeof Evaluate.flags>

/**
 * What the command line asks for, as the library's options.
 *
 * @throws LinguluError USAGE for options that mean nothing together
 */
export function evaluateOptions(dataset: string, flags: EvaluateFlags): EvaluateOptions {
  const {subset, report, html, junit} = flags
  return {
    ...modelOptions(flags),
    dataset,
    reading: datasetOptions(flags),
    subset: subset === undefined ? undefined : {utterances: subset, seed: flags['subset-seed']},
    prepare: prepareOptions(flags),
    decoding: {...whisperOptions(flags, parseLanguage), ...ctcOptions(flags)},
    scoring: scoringOptions(flags, 'english'),
    hypotheses: flags.hyps,
    resume: flags.resume,
    force: flags.force,
    from: flags.from,
    gates: gates(flags),
    baseline: flags.baseline,
    updateBaseline: flags['update-baseline'],
    files: {report, html, junit},
    name: flags.name,
    report: reportOptions(flags),
  }
}

/** A baseline that is to be made, or kept fresh, need not be compared with. */
function gates(flags: EvaluateFlags) {
  return gateOptions(flags['update-baseline'] ? {...flags, baseline: undefined} : flags)
}

function reportOptions(flags: EvaluateFlags): NonNullable<EvaluateOptions['report']> {
  const {by, worst, 'bootstrap-samples': bootstrapSamples, 'bootstrap-seed': seed} = flags
  if (by?.includes('')) throw new LinguluError('USAGE', '--by needs the name of a column.')
  return {
    texts: flags.texts,
    ...(by !== undefined && {by}),
    ...(worst !== undefined && {worst}),
    ...(bootstrapSamples !== undefined && {bootstrapSamples}),
    ...(seed !== undefined && {seed}),
  }
}

import type {Interfaces} from '@oclif/core'
import type {BuildLanguageModelOptions} from '../pipeline/build-language-model.js'
import {LinguluError} from '../pipeline/errors.js'
import type {LanguageModelInput} from '../pipeline/language-model/language-model-options.js'
import type {MixedModel} from '../pipeline/language-model/mixed-model.js'
import {datasetOptions} from './dataset-flags.js'
import type {lmFlags} from './lm-flags.js'

export type LmFlags = Interfaces.InferredFlags<typeof lmFlags>

/**
 * What the flags ask for; `-` among texts is left to the terminal.
 *
 * @throws LinguluError USAGE
 */
export function lmOptions(flags: LmFlags): Omit<BuildLanguageModelOptions, 'texts' | 'perplexity' | 'tune'> {
  const options = {
    order: flags.order,
    normalize: flags.normalize,
    case: flags.case,
    vocabularySize: flags['vocabulary-size'],
    minCount: flags['min-count'],
    discount: flags.discount === undefined ? undefined : discountOf(flags.discount),
    pruneCounts: flags['prune-counts'],
    pruneEntropy: flags['prune-entropy'],
    bits: flags.bits,
  }
  if (flags.in !== undefined && (flags.order !== undefined || flags.discount !== undefined))
    throw new LinguluError('USAGE', '--order and --discount are for models that are made of texts.', {
      hint: 'Leave them out: the model of --in stays as it is.',
    })
  return {
    from: flags.in,
    mix: flags.mix?.map(mixedModel),
    out: flags.out,
    vocabulary: flags.vocabulary,
    options,
    reading: datasetOptions(flags),
    overwrite: flags.force,
  }
}

/** What stands after the last colon is a weight if it is a number: a path may have colons. */
function mixedModel(text: string): MixedModel {
  const [, model = text, weight] = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text) ?? []
  return {model, weight: weight === undefined ? undefined : Number(weight)}
}

function discountOf(text: string): LanguageModelInput['discount'] {
  if (text === 'estimate' || text === 'fallback') return text
  const [one = Number.NaN, two = Number.NaN, more = Number.NaN, ...rest] = text.split(',').map(Number)
  const numbers = [one, two, more, ...rest]
  if (numbers.length === 3 && numbers.every((number, index) => number > 0 && number <= index + 1))
    return [one, two, more]
  throw new LinguluError('USAGE', `--discount: "${text}" is not estimate, fallback, or three discounts.`, {
    hint: 'Discounts are above 0, and at most 1, 2 and 3: 0.5,1,1.5.',
  })
}

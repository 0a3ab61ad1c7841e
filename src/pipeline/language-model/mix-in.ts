import {LinguluError} from '../errors.js'
import {addTexts} from './add-sentences.js'
import type {BackoffModel} from './backoff-model.js'
import {breathe} from './breathe.js'
import {weightFitter} from './fit-weights.js'
import type {LanguageModelEvent} from './language-model-events.js'
import type {LanguageModelOptions} from './language-model-options.js'
import {mixModels} from './mix-models.js'
import type {MixedModel} from './mixed-model.js'
import {openBackoffModel} from './open-backoff-model.js'
import type {ReadTextsOptions, TextSource} from './read-texts.js'
import {respellModel} from './respell-model.js'
import {caseFunction, sentenceSplitter} from './split-sentence.js'
import {toNgramModel} from './to-ngram-model.js'

export interface MixJob extends ReadTextsOptions {
  /** The file of the first model; undefined where it is made of texts. */
  readonly from?: string | undefined
  readonly mix: readonly MixedModel[]
  /** Texts on which the weights are found; none where they are given. */
  readonly tune: readonly TextSource[]
  readonly options: LanguageModelOptions
}

/** Mixes other models into one, all spelled in one case. @throws LinguluError MODEL_MISSING, MODEL_INVALID; of texts */
export async function* mixIn(first: BackoffModel, job: MixJob): AsyncGenerator<LanguageModelEvent, BackoffModel> {
  const spell = caseFunction(job.options.case)
  const models = [respellModel(first, spell, job.from ?? 'the texts')]
  for (const {model} of job.mix) {
    await breathe(job.signal)
    models.push(respellModel(await openBackoffModel(model), spell, model))
  }
  const weights = job.tune.length > 0 ? await fitted(models, job) : given(job.mix)
  const names = [job.from ?? null, ...job.mix.map(({model}) => model)]
  yield {type: 'mixed', models: names.map((model, index) => ({model, weight: weights[index] ?? 0}))}
  await breathe(job.signal)
  return mixModels(models.map((model, index) => ({model, weight: weights[index] ?? 0})))
}

async function fitted(models: readonly BackoffModel[], job: MixJob): Promise<number[]> {
  const fitter = weightFitter(models.map(model => toNgramModel(model)))
  await addTexts(fitter, job.tune, sentenceSplitter(job.options), job)
  const weights = fitter.weights()
  if (weights !== undefined) return weights
  throw new LinguluError('MANIFEST_INVALID', 'The models have not one word of the texts to find weights on.', {
    hint: 'Give --tune (tune) a text with a sentence on each line; perhaps it needs another --case.',
  })
}

function given(mix: readonly MixedModel[]): number[] {
  const weights = mix.map(({weight = 0}) => weight)
  return [1 - weights.reduce((sum, weight) => sum + weight, 0), ...weights]
}

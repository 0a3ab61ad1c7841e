import type {Provider} from '../../runtime/session.js'
import type {Normalizer} from '../../text/normalizers/normalizer.js'
import {openNormalizer} from '../../text/normalizers/open-normalizer.js'
import {HEAD, wav2vec2} from '../architectures/wav2vec2.js'
import type {BuildModel} from '../engine/training-engine.js'
import type {TrainingItem, TrainingTask} from './training-task.js'
import {batchLoss} from './wav2vec2/batch-loss.js'
import {openWav2Vec2Checkpoint, type Wav2Vec2Checkpoint} from './wav2vec2/checkpoint.js'
import {countFrames, openFeatureEncoder} from './wav2vec2/feature-encoder.js'
import {firstWeights, frozenWeights, type ParameterInfo, parametersOf} from './wav2vec2/first-weights.js'
import {modelInputs} from './wav2vec2/model-inputs.js'
import {readWeights} from './wav2vec2/read-weights.js'
import {saveFolder} from './wav2vec2/save-folder.js'
import {createCtcScorer} from './wav2vec2/scorer.js'
import {refusal} from './wav2vec2/spell-row.js'
import {trainingSettings} from './wav2vec2/training-settings.js'
import {collectUnits, readUnits} from './wav2vec2/vocabulary.js'
import type {Wav2Vec2ModelConfig} from './wav2vec2-config.js'

export interface Wav2Vec2TaskOptions {
  /** What is trained on: a new vocabulary is made of it. */
  readonly items: readonly TrainingItem[]
  /** Of the feature encoder. */
  readonly threads: number
  /** Where the feature encoder runs. Default: cpu. */
  readonly provider?: Provider | undefined
  /** Makes texts comparable before they are scored. Default: english, as in `lingulu evaluate`. */
  readonly normalizer?: Normalizer | undefined
}

/**
 * Fine-tuning of a wav2vec 2.0 or HuBERT checkpoint with CTC. The convolutional feature encoder hears each recording by
 * itself, without padding, and attention leaves padding out: a batch gives what each recording alone gives. (transformers
 * pads the samples and, where `feat_extract_norm` is `group`, hears the padding.)
 *
 * A recording's loss is −ln p(tokens), divided by their number where `ctc_loss_reduction` is `mean`; the gradient is that
 * of the sum over the recordings, to be divided by their number. transformers' `sum` is not divided.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID, OPTION_UNSUPPORTED; CONFIG_INVALID where a vocabulary is to be made
 *   and there is nothing to make it of
 */
export async function openWav2Vec2Task(
  options: Wav2Vec2ModelConfig,
  {items, threads, provider, normalizer: given}: Wav2Vec2TaskOptions,
): Promise<TrainingTask> {
  const source = await openWav2Vec2Checkpoint(options.from)
  const {checkpoint, config, fields} = source
  const reused = options.vocabulary === 'reuse'
  const units = options.vocabulary === 'reuse' ? await readUnits(source) : collectUnits(options.vocabulary, items)
  const training = trainingSettings(options, fields, units.vocabulary.length)
  const build: BuildModel = ops => wav2vec2(ops, config, training)
  const parameters = parametersOf(build)
  const weights = await knownWeights(source, parameters, reused)
  const normalizer = given ?? (await openNormalizer({name: 'english'}))
  const encoder = await openFeatureEncoder(config, checkpoint, {threads, provider})
  const framesOf = (samples: number) => countFrames(samples, config)
  const inputs = {encoder, channels: config.conv_dim.at(-1) ?? 0, framesOf}
  const loss = {units, framesOf, reduction: options.ctc_loss_reduction}
  const scoring = {units, framesOf, normalize: (text: string) => normalizer.normalize(text)}
  return {
    build,
    features: {kind: 'samples', multiple: 1},
    frozen: frozenWeights(parameters, weights),
    best: {metric: units.kind === 'phones' ? 'per' : 'wer', greaterIsBetter: false},
    initial: (places, random) => firstWeights(places, weights, random, fields.initializer_range),
    refuse: item => refusal(item, units, config),
    batch: async features => ({inputs: await modelInputs(features, inputs), lossOf: batchLoss(features, loss)}),
    scorer: () => createCtcScorer({...scoring, lossOf: (batch, output) => batchLoss(batch, loss)(output).loss}),
    save: (folder, trained) =>
      saveFolder(folder, {source, training, units, reused, reduction: loss.reduction}, trained),
    close: () => encoder.close(),
  }
}

/** The checkpoint's weights: without the head where a new one is made. */
function knownWeights(
  {checkpoint, config}: Wav2Vec2Checkpoint,
  parameters: ReadonlyMap<string, ParameterInfo>,
  reused: boolean,
): ReturnType<typeof readWeights> {
  const shapes = new Map(
    [...parameters].flatMap(([name, {shape}]) =>
      !reused && name.startsWith(`${HEAD}.`) ? [] : [[name, shape] as const],
    ),
  )
  return readWeights(checkpoint, config, shapes, new Set([`${config.model_type}.masked_spec_embed`]))
}

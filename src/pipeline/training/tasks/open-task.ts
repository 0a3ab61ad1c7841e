import {LinguluError} from '../../errors.js'
import {checkText, readTexts} from '../../language-model/read-texts.js'
import {openModelFiles} from '../../models/model-files.js'
import {readPreprocessor} from '../../models/preprocessor.js'
import {deepenEncoder} from '../architectures/deepen-encoder.js'
import type {TrainConfig, TrainConfigOf} from '../config/train-config.js'
import type {FilterBankSettings} from '../filter-bank.js'
import {checkMetric, openClassificationTask} from './classification-task.js'
import type {CtcModelConfig} from './ctc/ctc-config.js'
import {makeVocabularies, type Said} from './ctc/ctc-targets.js'
import {createCtcTask, refuseUnused} from './ctc/ctc-task.js'
import {earlierWeights, readEarlierWeights} from './ctc/earlier-weights.js'
import {readPronunciations} from './ctc/pronunciations.js'
import {spellText} from './ctc/spell-text.js'
import {hasWeights, resolveCheckpoint} from './resolve-checkpoint.js'
import {openSpeakerTask} from './speaker-task.js'
import type {TrainingItem, TrainingTask} from './training-task.js'
import {openWav2Vec2Task} from './wav2vec2-task.js'
import {openWhisperTask} from './whisper/whisper-task.js'

export interface OpenTaskOptions {
  /** What is learnt from. */
  readonly items: readonly TrainingItem[]
  /** What is learnt from and what models are measured with. */
  readonly heard: readonly TrainingItem[]
  readonly threads: number
  /** For what the task keeps between epochs. */
  readonly cacheFolder: string
  readonly signal: AbortSignal
}

/**
 * Finds what is wrong with a configuration's model as far as that shows without recordings.
 *
 * @throws LinguluError CONFIG_INVALID, MODEL_MISSING, MODEL_INVALID, INPUT_MISSING, …
 */
export async function checkTask({task, model, data}: TrainConfig): Promise<void> {
  const reference = 'checkpoint' in model ? model.checkpoint : 'from' in model ? model.from : undefined
  if (reference !== undefined) {
    const folder = await resolveCheckpoint(reference)
    if (task === 'ctc' && model.architecture === 'conformer') await earlierWeights(folder)
    else if (!(await hasWeights(folder)))
      throw new LinguluError('MODEL_MISSING', `${folder} has no config.json with weights in safetensors beside it.`, {
        hint: `Name a folder that training or Hugging Face wrote, or a model to fetch, as model.${'checkpoint' in model ? 'checkpoint' : 'from'}.`,
      })
  }
  if (task === 'ctc' && model.architecture === 'conformer') {
    await featuresOf(model)
    if (model.crf?.texts !== undefined) await checkText(model.crf.texts)
  }
  if (task === 'ctc' && data.lexicon !== undefined) await readPronunciations(data.lexicon, new Set())
}

/**
 * Opens what a configuration wants to be learnt.
 *
 * @throws LinguluError CONFIG_INVALID, MODEL_MISSING, MODEL_INVALID, INPUT_MISSING, …
 */
export async function openTask(config: TrainConfig, options: OpenTaskOptions): Promise<TrainingTask> {
  const {items} = options
  const labelSmoothing = config.label_smoothing_factor
  const bestMetric = config.metric_for_best_model
  switch (config.task) {
    case 'ctc':
      refuseUnused(config)
      return openCtc(config, options)
    case 'whisper':
      return openWhisperTask(config.model, {
        ...options,
        labelSmoothing,
        bestMetric,
        augmented: Object.keys(config.augmentation).length > 0,
      })
    case 'classification':
      return openClassificationTask(config.model, {items, labelSmoothing, bestMetric})
    case 'speaker':
      if (labelSmoothing > 0) throw new LinguluError('CONFIG_INVALID', 'label_smoothing_factor has no meaning here.')
      return openSpeakerTask(config.model, {items, bestMetric})
  }
}

async function openCtc(
  {model, data, metric_for_best_model: bestMetric}: TrainConfigOf<'ctc'>,
  {items, heard, threads}: OpenTaskOptions,
): Promise<TrainingTask> {
  if (model.architecture === 'wav2vec2') {
    const task = await openWav2Vec2Task(model, {items, threads})
    const {metric} = task.best
    checkMetric(bestMetric ?? metric, [...(metric === 'per' ? ['per'] : ['wer', 'cer']), 'loss'])
    return task
  }
  const usual = model.crf?.texts === undefined ? items : await readUsual(model.crf.texts)
  const pronunciations =
    data.lexicon === undefined
      ? undefined
      : await readPronunciations(data.lexicon, wordsOf([...heard, ...usual], model.case))
  const vocabularies = makeVocabularies(model, items, pronunciations)
  const weights =
    model.from === undefined
      ? undefined
      : deepenEncoder(await readEarlierWeights(await resolveCheckpoint(model.from)), model.encoder.layers)
  const heardBy = await featuresOf(model)
  return createCtcTask(model, {usual, vocabularies, pronunciations, weights, ...heardBy, bestMetric})
}

/** Of the features: what the configuration says, or as the model hears that the training begins with. */
async function featuresOf({
  hop_samples: hop,
  normalize_prior: own,
  from,
  encoder: {mels},
}: CtcModelConfig): Promise<Pick<FilterBankSettings, 'hopSamples' | 'prior'>> {
  const earlier =
    from === undefined ? undefined : await readPreprocessor(await openModelFiles(await resolveCheckpoint(from)))
  const prior = own ?? earlier?.normalize_prior
  if (prior === undefined || (prior.mean.length === mels && prior.deviation.length === mels))
    return {hopSamples: hop ?? earlier?.hop_length, prior}
  throw new LinguluError(
    'CONFIG_INVALID',
    `model.normalize_prior is of ${prior.mean.length} mel bands, and the encoder hears ${mels}.`,
    {hint: 'mean and deviation have one number for each; test/bench/feature-prior.ts finds them.'},
  )
}

/** Sentences that no recording is of. */
async function readUsual(source: string): Promise<readonly Said[]> {
  const sentences: Said[] = []
  for await (const texts of readTexts(source, {reading: {}}))
    for (const text of texts) sentences.push({text, phones: undefined})
  return sentences
}

/** In upper case, as lexicons have them. */
const wordsOf = (items: readonly Said[], casing: CtcModelConfig['case']): ReadonlySet<string> =>
  new Set(items.flatMap(({text}) => spellText(text, casing).toUpperCase().split(' ')))

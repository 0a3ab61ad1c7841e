import {LinguluError} from '../../../errors.js'
import type {ResolveOptions} from '../../../models/resolve-model.js'
import type {Provider} from '../../../runtime/session.js'
import {AS_IT_IS, isAdapted, type WhisperTraining} from '../../architectures/whisper-layers.js'
import {trainedWhisper} from '../../architectures/whisper-models.js'
import {declaredParameters} from '../../engine/declared-parameters.js'
import {checkMetric} from '../classification-task.js'
import type {TrainingTask, Weights} from '../training-task.js'
import {EncoderCache} from './encoder-cache.js'
import {initialWhisper} from './initial-whisper.js'
import {mergeLowRank} from './low-rank-weights.js'
import {saveAdapter, saveWhisper} from './save-whisper.js'
import type {WhisperModelConfig} from './whisper-config.js'
import {openWhisperEvaluation} from './whisper-evaluation.js'
import {type Hearing, hearFeatures, hearStates} from './whisper-hearing.js'
import {countedLabels, tokenInputs, whisperLabels} from './whisper-labels.js'
import {whisperLoss} from './whisper-loss.js'
import {whisperRows} from './whisper-rows.js'
import {openWhisperSource, readWhisperWeights, type WhisperSource} from './whisper-source.js'

export interface WhisperTaskOptions {
  /** Of what runs beside the engine: the frozen encoder, and decoding. */
  readonly threads: number
  /** Where that runs. Default: cpu. */
  readonly provider?: Provider | undefined
  /** Default: 0. */
  readonly labelSmoothing?: number | undefined
  /** The measure that decides which checkpoint is best. Default: `wer`, or `loss` where nothing is decoded. */
  readonly bestMetric?: string | undefined
  /** Whether recordings or features change from one epoch to the next. */
  readonly augmented?: boolean | undefined
  /** Where outputs of a frozen encoder are kept. Default: the system's folder for temporary files. */
  readonly cacheFolder?: string | undefined
  /** How names of models are looked up. */
  readonly resolve?: ResolveOptions | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Fine-tunes a Whisper, or trains a new one.
 *
 * @throws LinguluError CONFIG_INVALID; MODEL_MISSING, MODEL_INVALID, MODEL_DOWNLOAD, OFFLINE; the signal's reason
 */
export async function openWhisperTask(model: WhisperModelConfig, options: WhisperTaskOptions): Promise<TrainingTask> {
  const {labelSmoothing: smoothing = 0, signal} = options
  const best = bestOf(model, options)
  const cached = cachesEncoder(model, options)
  const source = await openWhisperSource(model, {...options.resolve, signal})
  const {config, tokenizer} = source
  const training = trainingOf(model, source)
  const build = trainedWhisper({
    ...training,
    config,
    hears: cached ? 'states' : 'features',
    smoothing: smoothing > 0,
  })
  const base = await readBase(source, signal)
  const merge = (trained: Weights) => mergeLowRank(base, trained, training.lowRank)
  const {language, do_lower_case: lowerCase, leading_space: leadingSpace} = model
  const labels = whisperLabels({tokenizer, language, lowerCase, leadingSpace})
  const rows = whisperRows(labels, model, config)
  const hearing = openHearing(model, {source, base, cached, options})
  const evaluation = openWhisperEvaluation(model, {source, labels, rows, hearing, options})
  return {
    build,
    features: {kind: 'whisper', mels: config.num_mel_bins, multiple: 2},
    frozen: frozenWeights(declaredParameters(build), base),
    best,
    initial: (places, random) => initialWhisper(places, base, random),
    refuse: rows.refuse,
    async batch(features) {
      const expected = features.rows.map(rows.tokens)
      const heard = await hearing.inputs(features)
      const counted = countedLabels(expected)
      return {
        inputs: {...heard, ...tokenInputs(expected, tokenizer.eot)},
        lossOf: output => whisperLoss(output, counted, smoothing),
      }
    },
    scorer: trained => evaluation.scorer(async () => merge(await trained())),
    hasCached: hearing.hasCached,
    async save(folder, trained) {
      await saveWhisper(folder, source, merge(trained))
      const {lora} = model
      if (lora === undefined) return
      const layers = training.freezeEncoder ? adaptedLayers(base, training) : undefined
      await saveAdapter(folder, {trained, lora, name: source.name, layers})
    },
    async close() {
      await hearing.close()
      await evaluation.close()
    },
  }
}

/** @throws LinguluError CONFIG_INVALID */
function bestOf({predict_with_generate: decodes}: WhisperModelConfig, {bestMetric}: WhisperTaskOptions) {
  const known = decodes ? ['wer', 'cer', 'token_accuracy', 'loss'] : ['loss']
  const metric = bestMetric ?? (decodes ? 'wer' : 'loss')
  checkMetric(metric, known)
  return {metric, greaterIsBetter: metric === 'token_accuracy'}
}

/** @throws LinguluError CONFIG_INVALID */
function cachesEncoder(model: WhisperModelConfig, {augmented = false}: WhisperTaskOptions): boolean {
  if (model.freeze !== 'encoder' || model.encoder_cache === 'off') return false
  if (!augmented) return true
  throw new LinguluError(
    'CONFIG_INVALID',
    'What a frozen encoder makes of a recording cannot be kept where augmentation changes the recording each time.',
    {hint: 'Leave augmentation out, or set "encoder_cache": "off": the encoder then runs at each step.'},
  )
}

function trainingOf({dropout, freeze, lora}: WhisperModelConfig, {document}: WhisperSource): WhisperTraining {
  const own = typeof document.dropout === 'number' ? document.dropout : 0
  return {
    dropout: dropout ?? own,
    freezeEncoder: freeze === 'encoder',
    lowRank: lora && {
      rank: lora.r,
      scale: lora.lora_alpha / lora.r,
      dropout: lora.lora_dropout,
      targets: lora.target_modules,
    },
  }
}

/** All weights of the checkpoint; none of a new model. */
async function readBase({config, checkpoint}: WhisperSource, signal: AbortSignal | undefined): Promise<Weights> {
  if (checkpoint === undefined) return new Map()
  const whole = trainedWhisper({...AS_IT_IS, config, hears: 'features', smoothing: false})
  return readWhisperWeights(checkpoint, declaredParameters(whole), signal)
}

function frozenWeights(
  parameters: ReturnType<typeof declaredParameters>,
  base: Weights,
): ReadonlyMap<string, Float32Array> {
  const frozen = new Map<string, Float32Array>()
  for (const {name, trainable} of parameters) {
    const weight = base.get(name)
    if (!trainable && weight !== undefined) frozen.set(name, weight.values)
  }
  return frozen
}

function openHearing(
  model: WhisperModelConfig,
  {
    source,
    base,
    cached,
    options,
  }: {
    readonly source: WhisperSource
    readonly base: Weights
    readonly cached: boolean
    readonly options: WhisperTaskOptions
  },
): Hearing {
  const {config, positions} = source
  const encode = {config, positions, context: model.audio_context}
  const graph = {threads: options.threads, provider: options.provider}
  if (!cached) return hearFeatures(encode, graph)
  const precision = model.encoder_cache === 'single' ? 'single' : 'half'
  const cache = new EncoderCache({precision, folder: options.cacheFolder})
  return hearStates(encode, {cache, frozen: base, graph})
}

function adaptedLayers(base: Weights, training: WhisperTraining): readonly string[] {
  return [...base.keys()]
    .filter(name => name.endsWith('.weight'))
    .map(name => name.slice(0, -'.weight'.length))
    .filter(layer => isAdapted(layer, training))
}

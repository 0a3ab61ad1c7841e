import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {CtcOptions} from './ctc/options.js'
import {readCtcVocabulary} from './ctc-vocabulary.js'
import {type ModelFiles, readModelJson, requireModelFile, requireModelJson} from './model-files.js'
import type {CtcFolder, LabelPriors} from './model-folder.js'
import {type Preprocessor, readPreprocessor} from './preprocessor.js'
import type {FilterBankOptions} from './recognizer.js'

/** What `lingulu lm` made for this model. */
const LANGUAGE_MODEL = 'lm.bin'
const LANGUAGE_MODEL_WEIGHTS = 'lm.json'
const LEXICON = 'lexicon.txt'
const PHONES = 'phones.json'
const LABEL_PRIORS = 'label_priors.json'

/** `lm.json`: what suits this model and its language model better than the usual defaults. */
const LanguageModelWeights = z
  .strictObject({
    alpha: z.number().min(0).optional(),
    beta: z.number().optional(),
    unknown_offset: z.number().max(0).optional(),
    phone_weight: z.number().min(0).max(1).optional(),
    prior_weight: z.number().min(0).max(1).optional(),
    further_tempos: CtcOptions.shape.furtherTempos.unwrap().optional(),
  })
  .transform(({alpha, beta, ...weights}) => ({
    alpha,
    beta,
    unknownOffset: weights.unknown_offset,
    phoneWeight: weights.phone_weight,
    priorWeight: weights.prior_weight,
    furtherTempos: weights.further_tempos,
  }))

/** `phones.json`: phone → output of the second head. The blank is output 0. */
const PhonesFile = z
  .record(z.string(), z.int().min(0))
  .transform(phones => Object.entries(phones).sort(([, a], [, b]) => a - b))
  .refine(phones => phones.every(([, id], place) => id === place), 'the phones must be numbered 0, 1, 2, …')
  .transform(phones => phones.map(([phone]) => phone))

const Priors = z.record(z.string(), z.number().min(0).max(1))

/** `label_priors.json`: how probable each token and each phone is before anything is heard, or those of one head only. */
const LabelPriorsFile = z
  .strictObject({tokens: Priors.optional(), phones: Priors.optional()})
  .refine(({tokens, phones}) => tokens !== undefined || phones !== undefined, 'It has no priors.')

/** `config.json` of a CTC model. */
const CtcConfig = z.object({
  vocab_size: z.int().positive().max(10_000_000),
  pad_token_id: z.int().min(0).nullish(),
  conv_stride: z.array(z.int().positive()).optional(),
  add_adapter: z.boolean().nullish(),
  adapter_stride: z.int().positive().default(2),
  num_adapter_layers: z.int().positive().default(3),
  subsampling_factor: z.int().positive().optional(),
  encoder_config: z.object({subsampling_factor: z.int().positive().optional()}).optional(),
})
type CtcConfig = z.infer<typeof CtcConfig>

/** What a CTC folder's JSON files say. */
export async function readCtcConfig(
  files: ModelFiles,
): Promise<
  Pick<
    CtcFolder,
    | 'vocabulary'
    | 'blank'
    | 'wordDelimiter'
    | 'special'
    | 'features'
    | 'stride'
    | 'languageModel'
    | 'languageModelWeights'
    | 'phones'
    | 'labelPriors'
    | 'lexicon'
  >
> {
  const config = await requireModelJson(files, 'config.json', CtcConfig)
  const vocabulary = await readCtcVocabulary(files, config.vocab_size, config.pad_token_id ?? undefined)
  const phones = (await readModelJson(files, PHONES, PhonesFile)) ?? []
  const weights = await readModelJson(files, LANGUAGE_MODEL_WEIGHTS, LanguageModelWeights)
  const labelPriors = await readLabelPriors(files, vocabulary.vocabulary, phones)
  if ((weights?.priorWeight ?? 0) > 0 && labelPriors === undefined)
    throw new LinguluError(
      'MODEL_INVALID',
      `${files.path}/${LANGUAGE_MODEL_WEIGHTS} has a prior_weight, and ${LABEL_PRIORS} is missing.`,
      {hint: 'Leave it out of the one, or find the other with test/bench/label-priors.ts (docs/ctc.md).'},
    )
  return {
    ...vocabulary,
    features: ctcFeatures(await readPreprocessor(files), files.path),
    stride: ctcStride(config),
    languageModel: optionalFile(files, LANGUAGE_MODEL),
    languageModelWeights: weights ?? {},
    phones,
    labelPriors,
    lexicon: optionalFile(files, LEXICON),
  }
}

const optionalFile = (files: ModelFiles, name: string): string | undefined =>
  files.names.has(name) ? requireModelFile(files, name) : undefined

async function readLabelPriors(
  files: ModelFiles,
  vocabulary: readonly string[],
  phones: readonly string[],
): Promise<LabelPriors | undefined> {
  const priors = await readModelJson(files, LABEL_PRIORS, LabelPriorsFile)
  if (priors === undefined) return undefined
  const inOrder = (of: Readonly<Record<string, number>> | undefined, labels: readonly string[], what: string) =>
    (of === undefined ? [] : labels).map(label => {
      const prior = of !== undefined && Object.hasOwn(of, label) ? of[label] : undefined
      if (prior !== undefined) return prior
      throw new LinguluError('MODEL_INVALID', `${files.path}/${LABEL_PRIORS} lacks the ${what} ${label}.`, {
        hint: 'It needs a probability for each; test/bench/label-priors.ts finds them.',
      })
    })
  return {tokens: inOrder(priors.tokens, vocabulary, 'token'), phones: inOrder(priors.phones, phones, 'phone')}
}

function ctcFeatures(preprocessor: Preprocessor | undefined, path: string): CtcFolder['features'] {
  const type = preprocessor?.feature_extractor_type ?? 'Wav2Vec2FeatureExtractor'
  switch (type) {
    case 'Wav2Vec2FeatureExtractor':
      return {kind: 'waveform', normalize: preprocessor?.do_normalize ?? true}
    case 'ParakeetFeatureExtractor':
      return {kind: 'filter-bank', options: filterBank({...preprocessor, normalize: 'per-feature'}, path)}
    case 'LinguluFilterBank':
      return {kind: 'filter-bank', options: filterBank(preprocessor ?? {}, path)}
    default:
      throw new LinguluError('MODEL_INVALID', `${path} wants features that lingulu does not compute: ${type}.`, {
        hint: 'Wav2Vec2FeatureExtractor, ParakeetFeatureExtractor and LinguluFilterBank are known (docs/models.md).',
      })
  }
}

/** Defaults are ParakeetFeatureExtractor's. */
function filterBank(options: Partial<Preprocessor>, path: string): FilterBankOptions {
  const {win_length: windowSamples = 400, feature_size: mels = 80, normalize = 'none', normalize_prior: prior} = options
  if (prior !== undefined && normalize !== 'per-feature')
    throw new LinguluError('MODEL_INVALID', `${path} has a normalize_prior and normalize ${normalize}.`, {
      hint: 'A prior goes with per-feature only.',
    })
  if (prior !== undefined && (prior.mean.length !== mels || prior.deviation.length !== mels))
    throw new LinguluError('MODEL_INVALID', `${path} has a normalize_prior that is not of its ${mels} mel bands.`, {
      hint: 'mean and deviation have one number for each.',
    })
  return {
    mels,
    fftSize: options.n_fft ?? Math.max(512, windowSamples),
    windowSamples,
    hopSamples: options.hop_length ?? 160,
    preemphasis: options.preemphasis ?? 0.97,
    normalize,
    ...(prior === undefined ? {} : {prior}),
  }
}

function ctcStride(config: CtcConfig): number | undefined {
  if (config.conv_stride === undefined) return config.subsampling_factor ?? config.encoder_config?.subsampling_factor
  const samples = config.conv_stride.reduce((product, stride) => product * stride, 1)
  return config.add_adapter ? samples * config.adapter_stride ** config.num_adapter_layers : samples
}

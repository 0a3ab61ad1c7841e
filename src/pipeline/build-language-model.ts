import type {DatasetOptions} from './datasets/dataset-options.js'
import {LinguluError} from './errors.js'
import {addSentences, addTexts} from './language-model/add-sentences.js'
import {type BackoffModel, countsOf} from './language-model/backoff-model.js'
import {decodeModel, encodeModel} from './language-model/binary-model.js'
import {breathe} from './language-model/breathe.js'
import {CorpusBuilder} from './language-model/corpus.js'
import {FALLBACK_DISCOUNTS} from './language-model/discounts.js'
import {entropyPrune} from './language-model/entropy-prune.js'
import {estimateModel} from './language-model/estimate-model.js'
import type {LanguageModelEvent} from './language-model/language-model-events.js'
import {
  type LanguageModelInput,
  type LanguageModelOptions,
  parseLanguageModelOptions,
} from './language-model/language-model-options.js'
import {limitVocabulary} from './language-model/limit-vocabulary.js'
import {mixIn} from './language-model/mix-in.js'
import {checkMix, type MixedModel} from './language-model/mixed-model.js'
import {openBackoffModel} from './language-model/open-backoff-model.js'
import {type Perplexity, perplexityOf} from './language-model/perplexity.js'
import {checkModelFile} from './language-model/read-model-file.js'
import {checkText, nameOf, readTexts, type TextSource} from './language-model/read-texts.js'
import {restrictModel} from './language-model/restrict-model.js'
import {caseFunction, sentenceSplitter} from './language-model/split-sentence.js'
import {toNgramModel} from './language-model/to-ngram-model.js'
import {arpaText} from './language-model/write-arpa.js'
import {modelFormatOf, writeModelFile} from './language-model/write-model-file.js'
import {refuseExisting} from './transcripts/refuse-existing.js'

export interface BuildLanguageModelOptions {
  /** Texts to learn from; none where `from` is given. */
  readonly texts?: readonly TextSource[] | undefined
  /** A model to prune, convert or measure: an ARPA file or one in `.bin`. */
  readonly from?: string | undefined
  /** Models that are mixed into that of the texts or of `from`. */
  readonly mix?: readonly MixedModel[] | undefined
  /** Held-out texts on which the weights of `mix` are found. */
  readonly tune?: readonly TextSource[] | undefined
  /** The file to make, in .arpa, .arpa.gz or .bin; undefined only measures. */
  readonly out?: string | undefined
  /** Held-out texts whose perplexity is told. */
  readonly perplexity?: readonly TextSource[] | undefined
  /** A text with the words of the model: one that is there, or mixed, loses all others. */
  readonly vocabulary?: TextSource | undefined
  readonly options?: LanguageModelInput | undefined
  /** How data sets are read. */
  readonly reading?: Pick<DatasetOptions, 'layout' | 'columns'> | undefined
  /** Replace a file that is there. Default: refuse. */
  readonly overwrite?: boolean | undefined
}

type Job = Omit<BuildLanguageModelOptions, 'options'> & {
  readonly mix: readonly MixedModel[]
  readonly tune: readonly TextSource[]
  readonly options: LanguageModelOptions
  readonly reading: Pick<DatasetOptions, 'layout' | 'columns'>
  readonly signal: AbortSignal | undefined
}

/**
 * Makes an n-gram language model of texts, or takes one that is there; prunes it, writes it, and tells how well it
 * foresees other texts. `lingulu transcribe --lm` takes what it writes.
 *
 * @throws LinguluError USAGE, CONFIG_INVALID, OPTION_UNSUPPORTED for what cannot be done; INPUT_MISSING and
 *   MANIFEST_INVALID for texts; MODEL_MISSING and MODEL_INVALID for a model; OUTPUT_EXISTS, OUTPUT_FAILED; the signal's
 *   reason
 */
export async function* buildLanguageModel(
  given: BuildLanguageModelOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<LanguageModelEvent> {
  const job: Job = {
    ...given,
    mix: given.mix ?? [],
    tune: given.tune ?? [],
    options: parseLanguageModelOptions(given.options ?? {}),
    reading: given.reading ?? {},
    signal,
  }
  await check(job)
  yield {type: 'start', texts: (job.texts ?? []).map(nameOf)}
  let model = job.from === undefined ? yield* learnInMemory(job) : await openBackoffModel(job.from)
  const first = model.words.size
  if (job.mix.length > 0) model = yield* mixIn(model, job)
  if (!isOfTexts(job)) model = yield* restrict(model, first, job)
  if (job.options.pruneEntropy !== undefined) {
    const before = countsOf(model)
    await breathe(signal)
    model = entropyPrune(model, job.options.pruneEntropy)
    yield {type: 'pruned', before, ngrams: countsOf(model)}
  }
  await breathe(signal)
  const binary = isBinary(job) ? encodeModel(model, job.options.bits ?? 0) : undefined
  const file = job.out === undefined ? null : yield* write(job.out, binary ?? model, signal)
  const perplexity = yield* measure(binary ? decodeModel(binary, job.out ?? '') : model, job)
  yield {type: 'done', order: model.levels.length, ngrams: countsOf(model), file, perplexity}
}

const isBinary = ({out}: Job): boolean => out !== undefined && modelFormatOf(out) === 'bin'

/** Whether nothing but texts makes the model, so that they can be counted with a vocabulary. */
const isOfTexts = ({from, mix}: Job): boolean => from === undefined && mix.length === 0

/** What can be known before any work. */
async function check(job: Job): Promise<void> {
  const {texts = [], from, mix, tune, out, perplexity = [], vocabulary, options, overwrite} = job
  if (texts.length === 0 && from === undefined)
    throw new LinguluError('USAGE', 'There is no text to learn from.', {hint: 'Give texts, or a model to start from.'})
  if (texts.length > 0 && from !== undefined)
    throw new LinguluError('USAGE', 'Texts and a model to start from cannot be given together.', {
      hint: 'A model is not trained further: make one of all texts.',
    })
  if (out === undefined && perplexity.length === 0)
    throw new LinguluError('USAGE', 'It is not said what is to be made.', {
      hint: 'Name a file for the model, or texts whose perplexity is wanted.',
    })
  const format = out === undefined ? undefined : modelFormatOf(out)
  if (options.bits !== undefined && format !== 'bin')
    throw new LinguluError('OPTION_UNSUPPORTED', 'Only files in .bin have probabilities of some bits.', {
      hint: 'Name the model in .bin, or leave the bits out.',
    })
  if (from !== undefined && (options.pruneCounts.length > 0 || options.minCount > 1))
    throw new LinguluError('OPTION_UNSUPPORTED', `${from} has no counts: it cannot be limited by them.`, {
      hint: 'Prune it by entropy, or make the model again of its texts.',
    })
  checkMix(mix, tune.length > 0)
  if (out !== undefined && overwrite !== true)
    await refuseExisting(out, 'Choose another name, or replace it with --force (overwrite).')
  for (const {model} of mix) await checkModelFile(model)
  for (const text of [...texts, ...perplexity, ...tune, vocabulary]) if (text !== undefined) await checkText(text)
}

async function* learnInMemory(job: Job): AsyncGenerator<LanguageModelEvent, BackoffModel> {
  try {
    return yield* learn(job)
  } catch (cause) {
    // What V8 throws where there is no room for an array.
    if (!(cause instanceof RangeError && /allocation|array length/i.test(cause.message))) throw cause
    throw new LinguluError('OUT_OF_MEMORY', 'The texts are too large for the memory of this machine.', {
      cause,
      hint: 'Give less text, or a lower order.',
    })
  }
}

async function* learn(job: Job): AsyncGenerator<LanguageModelEvent, BackoffModel> {
  const {options, signal} = job
  const limits = isOfTexts(job) ? {words: await readVocabulary(job), size: options.vocabularySize} : {}
  const builder = new CorpusBuilder()
  const split = sentenceSplitter(options)
  for (const text of job.texts ?? [])
    for await (const sentences of readTexts(text, job)) {
      addSentences(builder, sentences, split)
      yield {type: 'reading', text: nameOf(text), sentences: builder.sentences, words: builder.tokens}
    }
  if (builder.tokens === 0)
    throw new LinguluError('MANIFEST_INVALID', 'There is not one word in the texts.', {
      hint: 'Give texts with a sentence on each line.',
    })
  const facts = {sentences: builder.sentences, words: builder.tokens}
  const corpus = limitVocabulary(builder.build(), {...limits, minCount: options.minCount})
  yield {type: 'counted', ...facts, vocabulary: corpus.words.size, unknownWords: corpus.unknownTokens}
  await breathe(signal)
  const {order, pruneCounts, discount} = options
  const fallback = discount === 'estimate' ? undefined : discount === 'fallback' ? FALLBACK_DISCOUNTS : discount
  const {model, discounts, counted} = estimateModel(corpus, {order, pruneCounts, fallback})
  yield {type: 'estimated', counted, discounts}
  for (const [index, {isFallback}] of discounts.entries())
    if (isFallback) yield {type: 'note', message: `The discounts of the ${index + 1}-grams are the fallback.`}
  return model
}

async function readVocabulary({vocabulary, options, reading, signal}: Job): Promise<string[] | undefined> {
  if (vocabulary === undefined) return undefined
  const cased = caseFunction(options.case)
  const words = new Set<string>()
  for await (const lines of readTexts(vocabulary, {reading, signal}))
    for (const word of lines.flatMap(line => cased(line).split(/\s+/))) if (word !== '') words.add(word)
  return [...words]
}

/** @param first words with numbers below this are of the model that the others were mixed into */
async function* restrict(
  model: BackoffModel,
  first: number,
  job: Job,
): AsyncGenerator<LanguageModelEvent, BackoffModel> {
  const words = await readVocabulary(job)
  const size = job.options.vocabularySize
  if (words === undefined && size === undefined) return model
  const missing = (words ?? []).filter(word => model.words.findText(word) < 0)
  if (words !== undefined && missing.length === words.length)
    throw new LinguluError('CONFIG_INVALID', 'The model has not one word of the vocabulary.', {
      hint: 'Perhaps it spells them in another case (--case).',
    })
  if (missing.length > 0)
    yield {type: 'note', message: `The model lacks words of the vocabulary (${missing.length}), such as ${missing[0]}.`}
  await breathe(job.signal)
  return restrictModel(model, {words, size, first})
}

async function* write(
  path: string,
  model: BackoffModel | Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelEvent, {readonly path: string; readonly bytes: number}> {
  const pieces = model instanceof Uint8Array ? [model] : arpaText(model)
  const bytes = await writeModelFile(path, pieces, {gzip: modelFormatOf(path) === 'arpa.gz', signal})
  yield {type: 'written', path, bytes}
  return {path, bytes}
}

async function* measure(model: BackoffModel, job: Job): AsyncGenerator<LanguageModelEvent, Perplexity | null> {
  if (job.perplexity === undefined || job.perplexity.length === 0) return null
  const counter = perplexityOf(toNgramModel(model))
  await addTexts(counter, job.perplexity, sentenceSplitter(job.options), job)
  const result = counter.result()
  if (2 * result.unknownWords > result.words)
    yield {
      type: 'note',
      message: 'The model does not have most words of these texts: perhaps it spells them in another case (--case).',
    }
  return result
}

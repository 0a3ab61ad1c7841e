import {Lexicon} from '../../decoding/ctc/lexicon.js'
import {ctcVocabulary} from '../../decoding/ctc/vocabulary.js'
import {type HotWords, type LanguageModel, wordFusion} from '../../decoding/ctc/word-fusion.js'
import {WordTable} from '../../decoding/ctc/word-table.js'
import {LinguluError} from '../../errors.js'
import type {Session} from '../../runtime/session.js'
import type {CtcFolder} from '../model-folder.js'
import type {ModelInfo, PreparedRecording, RecognitionEvent, Recognizer} from '../recognizer.js'
import {jointSearches} from './joint-search.js'
import {openLanguageModel} from './language-model.js'
import {type CtcNetwork, openCtcNetwork} from './network.js'
import {type CtcOptions, NO_LANGUAGE_MODEL} from './options.js'
import {inputRateHz, recognizeRecording} from './recognize-recording.js'
import {spellingWarnings} from './spelling.js'

/** @param open opens an ONNX file on the device this model is to run on */
export async function openCtcRecognizer(
  folder: CtcFolder,
  open: (path: string) => Promise<Session>,
  {provider}: {readonly provider: string},
): Promise<Recognizer<CtcOptions>> {
  const network = await openCtcNetwork(folder, open)
  const vocabulary = ctcVocabulary(folder)
  const openedModel = cachedLanguageModels()
  const jointSearch = jointSearches(folder, network, vocabulary)
  let ratio = folder.stride
  const info: ModelInfo = {
    kind: 'ctc',
    name: folder.name,
    hash: folder.hash,
    precision: folder.precision,
    provider,
    features: folder.features,
  }

  async function* recognize(
    recording: PreparedRecording,
    options: CtcOptions,
    {signal}: {readonly signal?: AbortSignal | undefined},
  ): AsyncGenerator<RecognitionEvent> {
    signal?.throwIfAborted()
    if (options.priorWeight > 0 && folder.labelPriors === undefined) throw noPriors(folder)
    const path = languageModelOf(folder, options)
    const model = path === undefined ? undefined : await openedModel(path)
    for (const message of spellingWarnings(vocabulary, options, model)) yield {type: 'warning', message}
    ratio ??= await measureRatio(network, folder)
    const {alpha, beta, unknownOffset} = options
    const languageModel: LanguageModel | undefined = model && {...model, alpha, beta, unknownOffset}
    const hotWords = hotWordsOf(options)
    const joint = await jointSearch({options, languageModel, hotWords})
    const fusion = languageModel || hotWords ? wordFusion({vocabulary, languageModel, hotWords}) : undefined
    yield* recognizeRecording({folder, network, vocabulary, recording, options, fusion, joint, ratio, signal})
  }

  return {info, recognize, close: () => network.close()}
}

/** The one that is asked for, else the folder's own, which greedy decoding leaves alone. */
function languageModelOf({languageModel}: CtcFolder, {lm, decoder}: CtcOptions): string | undefined {
  if (lm === NO_LANGUAGE_MODEL) return undefined
  return lm ?? (decoder === 'greedy' ? undefined : languageModel)
}

const noPriors = ({name}: CtcFolder): LinguluError =>
  new LinguluError('OPTION_UNSUPPORTED', `${name} has no label_priors.json, so no priors can be taken out.`, {
    hint: 'Leave --prior-weight out, or find the priors with test/bench/label-priors.ts (docs/ctc.md).',
  })

type OpenLanguageModel = Awaited<ReturnType<typeof openLanguageModel>>

/** Every language model is read once, however many recordings ask for it. */
function cachedLanguageModels(): (path: string) => Promise<OpenLanguageModel> {
  const models = new Map<string, Promise<OpenLanguageModel>>()
  return path => {
    const opened = models.get(path) ?? openLanguageModel(path)
    models.set(path, opened)
    return opened
  }
}

/** Each word of a phrase is hot by itself, as in pyctcdecode. */
function hotWordsOf({hotWords, hotWordWeight}: CtcOptions): HotWords | undefined {
  if (hotWords.length === 0) return undefined
  const words = new WordTable()
  for (const word of hotWords.flatMap(phrase => phrase.split(/\s+/))) if (word !== '') words.addText(word)
  return {lexicon: new Lexicon(words), weight: hotWordWeight}
}

const PROBE_SECONDS = 10

/** Input frames per output frame of a model whose configuration does not tell: what ten seconds of zeros come to. */
async function measureRatio(network: CtcNetwork, folder: CtcFolder): Promise<number> {
  const frames = Math.round(PROBE_SECONDS * inputRateHz(folder))
  const width = folder.features.kind === 'waveform' ? 1 : folder.features.options.mels
  const output = await network.logProbabilities(new Float32Array(frames * width), frames)
  return Math.max(1, Math.round(frames / (output.length / network.vocabularySize)))
}

import {Lexicon} from '../../decoding/ctc/lexicon.js'
import {type CtcVocabulary, ctcVocabulary} from '../../decoding/ctc/vocabulary.js'
import {type LanguageModel, wordFusion} from '../../decoding/ctc/word-fusion.js'
import {WordTable} from '../../decoding/ctc/word-table.js'
import type {Session} from '../../runtime/session.js'
import type {CtcFolder} from '../model-folder.js'
import type {ModelInfo, PreparedRecording, RecognitionEvent, Recognizer} from '../recognizer.js'
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
  const languageModel = cachedLanguageModels()
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
    const path = languageModelOf(folder, options)
    const model = path === undefined ? undefined : await languageModel(path)
    for (const message of spellingWarnings(vocabulary, options, model)) yield {type: 'warning', message}
    ratio ??= await measureRatio(network, folder)
    const fusion = fusionOf(vocabulary, options, model)
    yield* recognizeRecording({folder, network, vocabulary, recording, options, fusion, ratio, signal})
  }

  return {info, recognize, close: () => network.close()}
}

/** The one that is asked for, else the folder's own, which greedy decoding leaves alone. */
function languageModelOf({languageModel}: CtcFolder, {lm, decoder}: CtcOptions): string | undefined {
  if (lm === NO_LANGUAGE_MODEL) return undefined
  return lm ?? (decoder === 'greedy' ? undefined : languageModel)
}

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

function fusionOf(vocabulary: CtcVocabulary, options: CtcOptions, model: OpenLanguageModel | undefined) {
  const {alpha, beta, unknownOffset, hotWords, hotWordWeight} = options
  if (model === undefined && hotWords.length === 0) return undefined
  const languageModel: LanguageModel | undefined = model && {...model, alpha, beta, unknownOffset}
  return wordFusion({
    vocabulary,
    languageModel,
    hotWords: hotWords.length === 0 ? undefined : {lexicon: lexiconOf(hotWords), weight: hotWordWeight},
  })
}

/** Each word of a phrase is hot by itself, as in pyctcdecode. */
function lexiconOf(phrases: readonly string[]): Lexicon {
  const words = new WordTable()
  for (const word of phrases.flatMap(phrase => phrase.split(/\s+/))) if (word !== '') words.addText(word)
  return new Lexicon(words)
}

const PROBE_SECONDS = 10

/** Input frames per output frame of a model whose configuration does not tell: what ten seconds of zeros come to. */
async function measureRatio(network: CtcNetwork, folder: CtcFolder): Promise<number> {
  const frames = Math.round(PROBE_SECONDS * inputRateHz(folder))
  const width = folder.features.kind === 'waveform' ? 1 : folder.features.options.mels
  const output = await network.logProbabilities(new Float32Array(frames * width), frames)
  return Math.max(1, Math.round(frames / (output.length / network.vocabularySize)))
}

import {LinguluError} from '../errors.js'
import {type BpeVocabulary, createByteLevelBpe} from './byte-level-bpe.js'
import {LANGUAGE_CODES, type LanguageCode} from './languages.js'
import {strip} from './strip.js'

export interface WhisperTokenizer {
  readonly multilingual: boolean
  /** One more than the highest id. */
  readonly size: number
  readonly eot: number
  readonly sot: number
  readonly sotPrev: number
  readonly sotLm: number
  readonly noSpeech: number
  readonly noTimestamps: number
  /** The id of `<|0.00|>`; every following id is 0.02 s later. */
  readonly timestampBegin: number
  readonly transcribe: number
  readonly translate: number
  /** In the order of the ids. Empty for English-only models. */
  readonly languageTokens: ReadonlyMap<LanguageCode, number>
  /** Sorted ids of signs that are not spoken: what OpenAI's `--suppress_tokens -1` stands for (the special ones come on top). */
  readonly nonSpeechTokens: readonly number[]
  encode(text: string): number[]
  /** Text without timestamps. Other special tokens are spelled out, as OpenAI's does. */
  decode(ids: readonly number[]): string
  /** Text with timestamps as `<|1.08|>`. */
  decodeWithTimestamps(ids: readonly number[]): string
  /** The tokens that start a transcript. English-only models know neither language nor task. */
  sotSequence(options: SotOptions): number[]
  /** Cuts tokens into words: at spaces and punctuation, or for languages without spaces wherever characters are whole. */
  splitToWordTokens(ids: readonly number[], language: LanguageCode | undefined): WordTokens[]
}

export type WhisperTask = 'transcribe' | 'translate'

export interface SotOptions {
  readonly language: LanguageCode
  readonly task: WhisperTask
  /** False adds `<|notimestamps|>`. */
  readonly timestamps: boolean
}

export interface WordTokens {
  readonly word: string
  readonly tokens: readonly number[]
}

/**
 * Whisper's tokenizer over a Hugging Face vocabulary. All ids come from the tokens' texts, so that every generation
 * of models works: English-only, 99 and 100 languages.
 *
 * @param multilingual from the model's configuration: English-only vocabularies name languages they were never trained on
 * @param name what to call the tokenizer in an error
 * @throws {LinguluError} `MODEL_INVALID` if a special token is missing
 */
export function createWhisperTokenizer(
  vocabulary: BpeVocabulary,
  {multilingual, name}: {readonly multilingual: boolean; readonly name: string},
): WhisperTokenizer {
  const added = withNoSpeech(vocabulary.added)
  const bpe = createByteLevelBpe({...vocabulary, added})
  const special = (spelling: string): number => findSpecial(added, spelling, name)
  const noTimestamps = special('<|notimestamps|>')
  // Early exports leave the timestamps out of the vocabulary; they follow the last special token.
  const timestampBegin = added.get('<|0.00|>') ?? noTimestamps + 1
  const eot = special('<|endoftext|>')
  const sot = special('<|startoftranscript|>')
  const transcribe = special('<|transcribe|>')
  const translate = special('<|translate|>')
  const languageTokens = multilingual ? findLanguages(added) : new Map<LanguageCode, number>()
  let nonSpeech: readonly number[] | undefined

  const decodeWithTimestamps = (ids: readonly number[]): string => {
    if (added.has('<|0.00|>')) return bpe.decode(ids)
    return decodeRuns(ids, timestampBegin, bpe.decode)
  }

  return {
    multilingual,
    size: Math.max(vocabulary.tokens.length, timestampBegin + TIMESTAMPS),
    eot,
    sot,
    sotPrev: special('<|startofprev|>'),
    sotLm: special('<|startoflm|>'),
    noSpeech: special('<|nospeech|>'),
    noTimestamps,
    timestampBegin,
    transcribe,
    translate,
    languageTokens,
    get nonSpeechTokens() {
      nonSpeech ??= findNonSpeechTokens(bpe.encode)
      return nonSpeech
    },
    encode: bpe.encode,
    decode: ids => bpe.decode(ids.filter(id => id < timestampBegin)),
    decodeWithTimestamps,
    sotSequence({language, task, timestamps}) {
      const end = timestamps ? [] : [noTimestamps]
      if (!multilingual) return [sot, ...end]
      const languageToken = languageTokens.get(language)
      if (languageToken === undefined) {
        throw new LinguluError('OPTION_UNSUPPORTED', `${name} does not know the language ${language}`)
      }
      return [sot, languageToken, task === 'transcribe' ? transcribe : translate, ...end]
    },
    splitToWordTokens(ids, language) {
      const characters = splitOnUnicode(ids, decodeWithTimestamps)
      return language !== undefined && SPACELESS.has(language) ? characters : joinUpToSpaces(characters, eot)
    },
  }
}

/** 0.00 s to 30.00 s. */
const TIMESTAMPS = 1501
const SECONDS_PER_TIMESTAMP = 0.02

/** Languages written without spaces between words. */
const SPACELESS: ReadonlySet<LanguageCode> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'yue'])

/** Exports before large-v3 spell `<|nospeech|>` as `<|nocaptions|>`. */
function withNoSpeech(added: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map(Array.from(added, ([content, id]) => [content === '<|nocaptions|>' ? '<|nospeech|>' : content, id]))
}

function findSpecial(added: ReadonlyMap<string, number>, spelling: string, name: string): number {
  const id = added.get(spelling)
  if (id !== undefined) return id
  throw new LinguluError('MODEL_INVALID', `${name} lacks the token ${spelling}`, {
    hint: 'The folder must hold the tokenizer of a Whisper model.',
  })
}

function findLanguages(added: ReadonlyMap<string, number>): Map<LanguageCode, number> {
  const found = LANGUAGE_CODES.flatMap((code): [LanguageCode, number][] => {
    const id = added.get(`<|${code}|>`)
    return id === undefined ? [] : [[code, id]]
  })
  return new Map(found.sort(([, a], [, b]) => a - b))
}

/** For vocabularies without timestamp tokens: spells them out between the runs of text. */
function decodeRuns(
  ids: readonly number[],
  timestampBegin: number,
  decode: (ids: readonly number[]) => string,
): string {
  let text = ''
  let run: number[] = []
  for (const id of ids) {
    if (id < timestampBegin) run.push(id)
    else {
      text += `${decode(run)}<|${((id - timestampBegin) * SECONDS_PER_TIMESTAMP).toFixed(2)}|>`
      run = []
    }
  }
  return text + decode(run)
}

const SYMBOLS = [
  ...'"#()*+/:;<=>@[\\]^_`{|}~「」『』',
  ...'<< >> <<< >>> -- --- -( -[ (\' (" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪'.split(' '),
]

/** Their first token is suppressed even where they take several: all begin with the bytes of U+2640 … U+267F. */
const MUSIC = [...'♩♪♫♬♭♮♯']

function findNonSpeechTokens(encode: (text: string) => number[]): number[] {
  // Hyphens and apostrophes may stand in a word but not before one.
  const starts = [' -', " '"].map(text => encode(text)[0])
  const symbols = SYMBOLS.flatMap(symbol => [encode(symbol), encode(` ${symbol}`)])
    .filter(tokens => tokens.length === 1)
    .map(([token]) => token)
  const music = MUSIC.flatMap(symbol => [encode(symbol)[0], encode(` ${symbol}`)[0]])
  const found = [...starts, ...symbols, ...music].filter(token => token !== undefined)
  return [...new Set(found)].sort((a, b) => a - b)
}

const REPLACEMENT = '\ufffd'

/** Cuts wherever the tokens so far are whole characters, or hold a broken one that is broken in the full text too. */
function splitOnUnicode(ids: readonly number[], decode: (ids: readonly number[]) => string): WordTokens[] {
  // Positions count code points, as in Python.
  const full = [...decode(ids)]
  const words: WordTokens[] = []
  let tokens: number[] = []
  let offset = 0
  for (const id of ids) {
    tokens.push(id)
    const word = decode(tokens)
    const characters = [...word]
    const broken = characters.indexOf(REPLACEMENT)
    // Past the end, where OpenAI's code fails, the character is broken for good.
    if (broken !== -1 && (full[offset + broken] ?? REPLACEMENT) !== REPLACEMENT) continue
    words.push({word, tokens})
    tokens = []
    offset += characters.length
  }
  return words
}

/** Python's `string.punctuation`. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

function joinUpToSpaces(parts: readonly WordTokens[], eot: number): WordTokens[] {
  const words: {word: string; tokens: number[]}[] = []
  for (const {word, tokens} of parts) {
    const [first = 0] = tokens
    const last = words.at(-1)
    if (last === undefined || first >= eot || word.startsWith(' ') || PUNCTUATION.includes(strip(word))) {
      words.push({word, tokens: [...tokens]})
    } else {
      last.word += word
      last.tokens.push(...tokens)
    }
  }
  return words
}

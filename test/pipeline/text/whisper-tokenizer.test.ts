import {beforeAll, describe, expect, test} from 'vitest'
import {parseLanguage} from '../../../src/pipeline/text/languages.js'
import {
  createWhisperTokenizer,
  type WhisperTokenizer,
  type WordTokens,
} from '../../../src/pipeline/text/whisper-tokenizer.js'
import {type Encoding, hasTokenizers, readReference, readVocabulary, WHY_SKIPPED} from './reference.js'

interface Split {
  readonly words: readonly string[]
  readonly word_tokens: readonly (readonly number[])[]
}
/** OpenAI's code crashes where a broken character stands at the very end. */
interface Crash {
  readonly error: string
}
interface Decoded {
  readonly tokens: readonly number[]
  readonly decode: string
  readonly decode_with_timestamps: string
}
interface Specials {
  readonly name: 'multilingual-99' | 'multilingual-100' | 'gpt2-99' | 'gpt2-100'
  readonly n_vocab: number
  readonly non_speech_tokens: readonly number[]
  readonly sot_sequence_including_notimestamps: readonly number[]
  readonly sot_sequences?: readonly {language: string; task: 'transcribe' | 'translate'; sequence: number[]}[]
  readonly [key: string]: unknown
}
interface Reference {
  readonly encode: readonly {text: string; multilingual: number[]; gpt2: number[]}[]
  readonly encode_special: readonly {text: string; as_text: number[]}[]
  readonly decode_multilingual: readonly Decoded[]
  readonly decode_gpt2: readonly Decoded[]
  readonly specials: readonly Specials[]
  readonly split: readonly {tokens: number[]; en: Split; zh_ja_th: Split; gpt2_tokens: number[]; gpt2: Split}[]
  readonly split_special: readonly {tokens: number[]; en: Split | Crash; unicode: Split | Crash}[]
}

const reference = readReference<Reference>('tokenizer.json')
const open = (encoding: Encoding, languages: 99 | 100 = 99) =>
  createWhisperTokenizer(readVocabulary(encoding, languages), {multilingual: encoding !== 'gpt2', name: encoding})
const asReference = (words: readonly WordTokens[]): Split => ({
  words: words.map(({word}) => word),
  word_tokens: words.map(({tokens}) => tokens),
})

describe.skipIf(!hasTokenizers)(`Whisper's tokenizers agree with OpenAI's${WHY_SKIPPED}`, () => {
  let multilingual: WhisperTokenizer
  let english: WhisperTokenizer
  beforeAll(() => {
    multilingual = open('multilingual')
    english = open('gpt2')
  })

  test('in encoding', () => {
    for (const {text, multilingual: ids, gpt2} of reference.encode) {
      expect({text, ids: multilingual.encode(text)}).toEqual({text, ids})
      expect({text, ids: english.encode(text)}).toEqual({text, ids: gpt2})
    }
  })

  test('in spelling out special tokens that stand in a text', () => {
    for (const {text, as_text} of reference.encode_special) expect(multilingual.encode(text)).toEqual(as_text)
  })

  test('in decoding, broken characters and special tokens among it', () => {
    const cases = [
      ...reference.decode_multilingual.map(decoded => ({tokenizer: multilingual, ...decoded})),
      ...reference.decode_gpt2.map(decoded => ({tokenizer: english, ...decoded})),
    ]
    for (const {tokenizer, tokens, decode, decode_with_timestamps} of cases) {
      expect(tokenizer.decode(tokens)).toBe(decode)
      expect(tokenizer.decodeWithTimestamps(tokens)).toBe(decode_with_timestamps)
    }
  })

  test.each(reference.specials)('in the special tokens of $name', specials => {
    const [encoding, languages] = specials.name.split('-') as [Encoding, '99' | '100']
    const tokenizer = open(encoding, languages === '99' ? 99 : 100)
    expect({
      n_vocab: tokenizer.size,
      eot: tokenizer.eot,
      sot: tokenizer.sot,
      translate: tokenizer.translate,
      transcribe: tokenizer.transcribe,
      sot_lm: tokenizer.sotLm,
      sot_prev: tokenizer.sotPrev,
      no_speech: tokenizer.noSpeech,
      no_timestamps: tokenizer.noTimestamps,
      timestamp_begin: tokenizer.timestampBegin,
      non_speech_tokens: tokenizer.nonSpeechTokens,
      blank: tokenizer.encode(' '),
      sot_sequence: tokenizer.sotSequence({language: 'en', task: 'transcribe', timestamps: true}),
      sot_sequence_including_notimestamps: tokenizer.sotSequence({
        language: 'en',
        task: 'transcribe',
        timestamps: false,
      }),
    }).toEqual(
      Object.fromEntries(
        Object.entries(specials).filter(
          ([key]) => !['name', 'languages', 'last_timestamp', 'sot_sequences', 'errors'].includes(key),
        ),
      ),
    )
    for (const {language, task, sequence} of specials.sot_sequences ?? []) {
      expect(tokenizer.sotSequence({language: parseLanguage(language), task, timestamps: true})).toEqual(sequence)
    }
    expect(tokenizer.languageTokens.size).toBe(encoding === 'gpt2' ? 0 : specials.languages)
  })

  test('in the words of a text', () => {
    for (const {tokens, en, zh_ja_th, gpt2_tokens, gpt2} of reference.split) {
      expect(asReference(multilingual.splitToWordTokens([...tokens, multilingual.eot], 'en'))).toEqual(en)
      for (const language of ['zh', 'ja', 'th'] as const) {
        expect(asReference(multilingual.splitToWordTokens([...tokens, multilingual.eot], language))).toEqual(zh_ja_th)
      }
      expect(asReference(english.splitToWordTokens([...gpt2_tokens, english.eot], undefined))).toEqual(gpt2)
    }
  })

  test('in the words of tokens with timestamps and broken characters', () => {
    for (const {tokens, en, unicode} of reference.split_special) {
      const spaced = asReference(multilingual.splitToWordTokens(tokens, 'en'))
      const spaceless = asReference(multilingual.splitToWordTokens(tokens, 'my'))
      if (!('error' in en)) expect(spaced).toEqual(en)
      if (!('error' in unicode)) expect(spaceless).toEqual(unicode)
    }
  })

  test('and Cantonese is refused where the model does not know it', () => {
    expect(() => multilingual.sotSequence({language: 'yue', task: 'transcribe', timestamps: true})).toThrow(/yue/)
  })

  test('and what was encoded decodes to itself', () => {
    for (const {text} of reference.encode) expect(multilingual.decode(multilingual.encode(text))).toBe(text)
  })
})

describe('a tokenizer', () => {
  const added = ['endoftext', 'startoftranscript', 'en', 'de', 'translate', 'transcribe', 'startoflm', 'startofprev']
  const special = [...added, 'nocaptions', 'notimestamps'].map((name, i) => [`<|${name}|>`, i + 3] as const)
  const small = {tokens: ['a', 'b', 'ab', ...special.map(([name]) => name)], merges: ['a b'], added: new Map(special)}

  test('may call no speech "no captions" and leave the timestamps out, as early exports do', () => {
    const tokenizer = createWhisperTokenizer(small, {multilingual: true, name: 'early'})
    expect(tokenizer.noSpeech).toBe(11)
    expect(tokenizer.timestampBegin).toBe(13)
    expect(tokenizer.decodeWithTimestamps([13, 2, 63, 0])).toBe('<|0.00|>ab<|1.00|>a')
    expect(tokenizer.decode([13, 2, 63, 0])).toBe('aba')
    expect([...tokenizer.languageTokens]).toEqual([
      ['en', 5],
      ['de', 6],
    ])
  })

  test('that lacks a special token is refused by name', () => {
    const broken = {...small, added: new Map(special.filter(([name]) => name !== '<|transcribe|>'))}
    expect(() => createWhisperTokenizer(broken, {multilingual: true, name: 'broken'})).toThrow(
      'broken lacks the token <|transcribe|>',
    )
  })
})

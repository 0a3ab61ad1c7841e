import type {LookAhead} from './look-ahead.js'
import type {NgramModel} from './ngram-model.js'
import {type PrefixBeamOptions, prefixBeamSearch} from './prefix-beam.js'
import {addChild, createPrefixTrie, ROOT} from './prefix-trie.js'
import type {PronunciationsOf, PronunciationTrie} from './pronunciation-trie.js'
import {type FrameProbabilities, frameProbabilities, textLogProbability} from './text-probability.js'
import type {CtcVocabulary} from './vocabulary.js'
import type {LanguageModel, WordFusion} from './word-fusion.js'
import {wordSearch} from './word-search.js'

/** The phones of a model's second head. */
export interface PhoneSet {
  readonly size: number
  readonly blank: number
}

export interface JointSearchOptions extends PrefixBeamOptions {
  readonly fusion: WordFusion
  readonly languageModel: LanguageModel
  readonly phones: PhoneSet
  readonly pronunciationsOf: PronunciationsOf
  /** Of the same pronunciations. */
  readonly trie: PronunciationTrie
  /** Of the tree and the language model. */
  readonly lookAhead: LookAhead
  /** How much of the acoustic score comes from the phones: 0 to 1. */
  readonly phoneWeight: number
}

/** What two heads of one model say of the same frames: log-probabilities, frame after frame. */
export interface BothHeads {
  /** frames × vocabulary */
  readonly characters: Float32Array
  /** frames × phones */
  readonly phones: Float32Array
}

/** Finds the text in the frames that two heads of one model have heard. */
export interface JointSearch {
  readonly phones: PhoneSet
  /**
   * @param hearings of the same speech, heard once or more
   * @returns tokens of the best text
   */
  search(...hearings: readonly BothHeads[]): number[]
}

/** Texts of each search that are judged by both heads. */
const CHARACTER_TEXTS = 30
const PHONE_TEXTS = 50

/** The search by phones keeps more than that by characters: many of its hypotheses are in the middle of a word. */
const PHONE_BEAM_FACTOR = 4
const PHONE_MIN_LOG_PROBABILITY = -9

/**
 * Characters and phones hear different things: each head's beam search with the language model proposes texts, and every
 * text is then scored by both: (1 − w) ln p(characters) + w ln p(phones) + what the language model and the hot words
 * give, the probabilities being exact sums over alignments and pronunciations. A text with a word that has no
 * pronunciation is scored by its characters alone. Of several hearings each proposes texts, and the acoustic scores in
 * all that are long enough for a text are averaged.
 *
 * @throws RangeError where {@link writesCharacters} does not hold
 */
export function jointSearch(options: JointSearchOptions): JointSearch {
  const {vocabulary, languageModel, phones, pronunciationsOf, phoneWeight} = options
  if (!writesCharacters(vocabulary)) throw new RangeError('a text must have one way of being written')
  const {ngrams} = languageModel
  const spell = speller(vocabulary)

  function phonesOf(tokens: readonly number[]) {
    const words = splitWords(tokens, vocabulary)
    const sayings = words.map(word => pronunciationsOf(wordOf(word, ngrams, vocabulary)))
    return sayings.every(ways => ways.length > 0) ? sayings : undefined
  }

  function proposals({characters, phones}: BothHeads): number[][] {
    const written = prefixBeamSearch(characters, {...options, recombine: false}).slice(0, CHARACTER_TEXTS)
    const said = phoneTexts(phones, options).map(words => spell(words.map(word => ngrams.words.text(word))))
    return [...written.map(({tokens}) => canonical(tokens, vocabulary)), ...said.filter(tokens => tokens !== undefined)]
  }

  function acousticScore(tokens: readonly number[], hearings: readonly Heard[]): number {
    const sayings = phonesOf(tokens)
    const [first = Number.NEGATIVE_INFINITY, ...further] = hearings.map(heard => {
      const written = textLogProbability(heard.characters, tokens.length === 0 ? [] : [[tokens]])
      if (sayings === undefined || written === Number.NEGATIVE_INFINITY) return written
      return (1 - phoneWeight) * written + phoneWeight * textLogProbability(heard.phones, sayings)
    })
    // Tokens get their places in the first hearing. One that has too few frames for a text says nothing of it.
    if (first === Number.NEGATIVE_INFINITY) return first
    const scores = [first, ...further.filter(score => score !== Number.NEGATIVE_INFINITY)]
    return scores.reduce((sum, score) => sum + score) / scores.length
  }

  return {
    phones,
    search(...hearings) {
      const texts = new Map(hearings.flatMap(proposals).map(tokens => [tokens.join(' '), tokens]))
      const heard = hearings.map(heads => ({
        characters: frameProbabilities(heads.characters, vocabulary.size, vocabulary.blank),
        phones: frameProbabilities(heads.phones, phones.size, phones.blank),
      }))
      let best: readonly number[] = []
      let most = Number.NEGATIVE_INFINITY
      for (const tokens of texts.values()) {
        const score = acousticScore(tokens, heard) + languageScore(tokens, options.fusion)
        if (score <= most) continue
        most = score
        best = tokens
      }
      return [...best]
    },
  }
}

/** Every token writes one character and a delimiter parts words: a text is written in one way. */
export function writesCharacters({pieces, delimiter}: CtcVocabulary): boolean {
  return delimiter >= 0 && pieces.every(piece => [...piece].length <= 1)
}

interface Heard {
  readonly characters: FrameProbabilities
  readonly phones: FrameProbabilities
}

function phoneTexts(frames: Float32Array, options: JointSearchOptions): number[][] {
  const {trie, lookAhead, beamPruneLogProbability} = options
  const {ngrams, alpha, beta} = options.languageModel
  const {size, blank} = options.phones
  const found = wordSearch(
    frames,
    {width: size, blank},
    {
      trie,
      ngrams,
      lookAhead,
      alpha,
      beta,
      beamWidth: PHONE_BEAM_FACTOR * options.beamWidth,
      beamPruneLogProbability,
      phoneMinLogProbability: PHONE_MIN_LOG_PROBABILITY,
    },
  )
  return found.slice(0, PHONE_TEXTS)
}

/** What the language model and hot words give a whole text. */
function languageScore(tokens: readonly number[], fusion: WordFusion): number {
  const trie = createPrefixTrie()
  let node = ROOT
  for (const token of tokens) {
    node = addChild(trie, node, token)
    fusion.extend(trie, node)
  }
  return fusion.finish(node)
}

/** Tokens of words with one delimiter between them; undefined where a letter is missing. */
function speller({pieces, delimiter, special, blank}: CtcVocabulary) {
  const ids = new Map<string, number>()
  for (const [id, piece] of pieces.entries()) {
    if (id === blank || id === delimiter || special[id] === 1 || piece === '') continue
    ids.set(piece, id)
  }
  return (words: readonly string[]): number[] | undefined => {
    const tokens = words.flatMap((word, i) => [
      ...(i === 0 ? [] : [delimiter]),
      ...[...word].map(letter => ids.get(letter) ?? -1),
    ])
    return tokens.includes(-1) ? undefined : tokens
  }
}

/** Tokens of each word. */
function splitWords(tokens: readonly number[], {delimiter}: CtcVocabulary): number[][] {
  const words: number[][] = [[]]
  for (const token of tokens) {
    if (token === delimiter) words.push([])
    else words.at(-1)?.push(token)
  }
  return words.filter(word => word.length > 0)
}

/** Without delimiters in a row and at the ends: they write nothing. */
function canonical(tokens: readonly number[], vocabulary: CtcVocabulary): number[] {
  return splitWords(tokens, vocabulary).flatMap((word, i) => (i === 0 ? word : [vocabulary.delimiter, ...word]))
}

function wordOf(word: readonly number[], ngrams: NgramModel, {pieces}: CtcVocabulary): number {
  return ngrams.wordOf(word.map(token => pieces[token]).join(''))
}

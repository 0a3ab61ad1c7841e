import {type JointSearch, jointSearch, writesCharacters} from '../../decoding/ctc/joint-search.js'
import {LookAhead} from '../../decoding/ctc/look-ahead.js'
import {pronunciationTrie} from '../../decoding/ctc/pronunciation-trie.js'
import type {CtcVocabulary} from '../../decoding/ctc/vocabulary.js'
import {type FusionOptions, type LanguageModel, wordFusion} from '../../decoding/ctc/word-fusion.js'
import {LinguluError} from '../../errors.js'
import type {CtcFolder} from '../model-folder.js'
import type {CtcNetwork} from './network.js'
import {type CtcOptions, NO_LEXICON} from './options.js'
import {readPronunciations} from './pronunciations.js'

/** What a search by characters has. */
export interface SearchInput {
  readonly options: CtcOptions
  readonly languageModel: LanguageModel | undefined
  readonly hotWords: FusionOptions['hotWords']
}

/**
 * Makes searches by characters and phones together. Every lexicon is read once for each language model.
 *
 * @returns the search for the options; undefined where the model, the language model or the folder's lexicon does not
 * allow it
 * @throws LinguluError where a lexicon is asked for: OPTION_UNSUPPORTED if the model cannot use one, CONFIG_INVALID if there
 * is no language model or it has other words, MODEL_MISSING if the file cannot be read; OPTION_UNSUPPORTED where further
 * tempos are asked for and there is no such search, or it is of waveforms
 */
export function jointSearches(
  folder: CtcFolder,
  network: CtcNetwork,
  vocabulary: CtcVocabulary,
): (input: SearchInput) => Promise<JointSearch | undefined> {
  const isAble = network.bothHeads !== undefined && writesCharacters(vocabulary)
  const opened = new Map<string, WeakMap<LanguageModel['ngrams'], ReturnType<typeof open>>>()

  async function open(path: string, {ngrams}: LanguageModel) {
    const pronunciationsOf = await readPronunciations(path, folder.phones, ngrams)
    if (pronunciationsOf === undefined) return undefined
    const trie = pronunciationTrie(ngrams, pronunciationsOf)
    return {pronunciationsOf, trie, lookAhead: new LookAhead(trie, ngrams)}
  }

  async function searchOf({options, languageModel, hotWords}: SearchInput): Promise<JointSearch | undefined> {
    const {lexicon, decoder, phoneWeight, maxTokensPerFrame} = options
    if (lexicon === NO_LEXICON || decoder === 'greedy') return undefined
    if (lexicon !== null && !isAble) throw unable(folder)
    if (lexicon !== null && languageModel === undefined) throw alone(lexicon)
    const path = lexicon ?? folder.lexicon
    if (path === undefined || languageModel === undefined || !isAble) return undefined
    const known = opened.get(path) ?? new WeakMap()
    opened.set(path, known)
    const opening = known.get(languageModel.ngrams) ?? open(path, languageModel)
    known.set(languageModel.ngrams, opening)
    const sayings = await opening
    if (sayings === undefined && lexicon !== null) throw foreign(lexicon)
    if (sayings === undefined) return undefined
    return jointSearch({
      ...options,
      ...sayings,
      maxTokensPerFrame: maxTokensPerFrame ?? undefined,
      vocabulary,
      fusion: wordFusion({vocabulary, languageModel, hotWords}),
      languageModel,
      phones: {size: folder.phones.length, blank: 0},
      phoneWeight,
    })
  }

  return async input => {
    const search = await searchOf(input)
    const hearsAgain = input.options.furtherTempos.length > 0
    if (hearsAgain && (search === undefined || folder.features.kind === 'waveform')) throw oneTempo(folder)
    return search
  }
}

function oneTempo({name}: CtcFolder): LinguluError {
  return new LinguluError('OPTION_UNSUPPORTED', `${name} cannot hear recordings at further tempos.`, {
    hint: 'Leave --further-tempos out. They are of models with filter banks and a head of phones, with a language model and a lexicon.',
  })
}

function unable({name}: CtcFolder): LinguluError {
  return new LinguluError(
    'OPTION_UNSUPPORTED',
    `${name} does not hear phones beside letters, so it can use no lexicon.`,
    {
      hint: 'Leave --lexicon out. A model trained by lingulu with a phone_head can use one.',
    },
  )
}

function alone(lexicon: string): LinguluError {
  return new LinguluError('CONFIG_INVALID', `The lexicon ${lexicon} is of use with a language model only.`, {
    hint: 'Give one with --lm, or leave --lexicon out.',
  })
}

function foreign(lexicon: string): LinguluError {
  return new LinguluError('CONFIG_INVALID', `The lexicon ${lexicon} has no word of the language model.`, {
    hint: 'It needs lines as in CMUdict, a word and its phones, of the same language: HELLO HH AH0 L OW1.',
  })
}

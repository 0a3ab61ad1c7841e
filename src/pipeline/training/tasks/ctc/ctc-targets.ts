import {LinguluError} from '../../../errors.js'
import {withoutStress} from '../../../text/lexicon-entries.js'
import type {TrainingItem} from '../training-task.js'
import {type BytePairs, createBytePairEncoder, learnBytePairs} from './byte-pairs.js'
import type {CtcModelConfig} from './ctc-config.js'
import type {Pronunciations} from './pronunciations.js'
import {spellText} from './spell-text.js'

export const BLANK = '<pad>'
export const DELIMITER = '|'

/** What a head of the model can say. Ids are places in the list; 0 is CTC's blank. */
export interface TokenSet {
  readonly kind: CtcModelConfig['tokens']
  readonly tokens: readonly string[]
  readonly merges?: BytePairs['merges'] | undefined
}

export interface CtcVocabularies {
  readonly written: TokenSet
  /** Of the second head. */
  readonly phones: TokenSet | undefined
}

/** What a row is to say. undefined where it cannot be said: `reason` tells why. */
export type Target = {readonly ids: readonly number[]} | {readonly reason: string}

/**
 * The vocabularies that the texts and their phones make.
 *
 * @throws LinguluError CONFIG_INVALID where there are no phones although they are asked for
 */
export function makeVocabularies(
  config: CtcModelConfig,
  items: readonly TrainingItem[],
  pronunciations: Pronunciations | undefined,
): CtcVocabularies {
  const texts = items.map(({text}) => spellText(text, config.case))
  const phones = () => phoneSet(items, pronunciations)
  if (config.tokens === 'phones') return {written: phones(), phones: undefined}
  const second = config.phone_head === undefined ? undefined : phones()
  if (config.tokens === 'bpe') {
    const {pieces, merges} = learnBytePairs(texts, config.vocabulary_size - 1)
    return {written: {kind: 'bpe', tokens: [BLANK, ...pieces], merges}, phones: second}
  }
  const found = new Set<string>()
  for (const text of config.alphabet === undefined ? texts : [config.alphabet.normalize('NFC')])
    for (const character of text) found.add(character)
  const alphabet = [...found].filter(character => character !== ' ' && character !== DELIMITER).sort()
  return {written: {kind: 'characters', tokens: [BLANK, ...alphabet, DELIMITER]}, phones: second}
}

function phoneSet(items: readonly TrainingItem[], pronunciations: Pronunciations | undefined): TokenSet {
  const found = new Set([...(pronunciations?.phones ?? []), ...items.flatMap(({phones}) => phones ?? [])])
  if (found.size === 0)
    throw new LinguluError('CONFIG_INVALID', 'Phones are to be learnt, and there are none.', {
      hint: 'Name a lexicon in the format of CMUdict as data.lexicon, or a column with phones as phones_column.',
    })
  return {kind: 'phones', tokens: [BLANK, ...[...found].map(withoutStress).sort()]}
}

/** What somebody says, and how, if that is known. */
export type Said = Pick<TrainingItem, 'text' | 'phones'>

/** Finds the ids of what is said. */
export type Targets = (said: Said) => Target

export function createTargets(
  {kind, tokens, merges = []}: TokenSet,
  casing: CtcModelConfig['case'],
  pronunciations: Pronunciations | undefined,
): Targets {
  const ids = new Map(tokens.map((token, id) => [token, id] as const))
  const toIds = (wanted: readonly string[]): Target => {
    const unknown = wanted.find(token => !ids.has(token))
    if (unknown !== undefined) return {reason: `"${unknown}" is not among what the model writes`}
    return wanted.length === 0 ? {reason: 'its text is empty'} : {ids: wanted.map(token => ids.get(token) as number)}
  }
  if (kind === 'phones') return item => phonesOf(item, casing, pronunciations, toIds)
  const pieces = createBytePairEncoder({pieces: tokens, merges})
  const split = kind === 'bpe' ? pieces : (text: string) => [...text.replaceAll(' ', DELIMITER)]
  return ({text}) => toIds(split(spellText(text, casing)))
}

function phonesOf(
  {phones, text}: Said,
  casing: CtcModelConfig['case'],
  pronunciations: Pronunciations | undefined,
  toIds: (wanted: readonly string[]) => Target,
): Target {
  if (phones !== undefined) return toIds(phones)
  const found: string[] = []
  for (const word of spellText(text, casing).split(' ')) {
    const said = pronunciations?.words.get(word.toUpperCase())
    if (said === undefined) return {reason: `the lexicon does not have the word "${word}"`}
    found.push(...said)
  }
  return toIds(found)
}

/** The tokens of the best path: repeats fall together, blanks fall away. @param logits [frames, …] from `offset` on */
export function bestPath(logits: Float32Array, {start, frames, width, offset, classes}: PathPlace): readonly number[] {
  const path: number[] = []
  let last = 0
  for (let frame = 0; frame < frames; frame++) {
    const at = start + frame * width + offset
    let best = 0
    for (let token = 1; token < classes; token++)
      if ((logits[at + token] as number) > (logits[at + best] as number)) best = token
    if (best !== last && best !== 0) path.push(best)
    last = best
  }
  return path
}

/** Where the logits of one head and one row stand. */
export interface PathPlace {
  readonly start: number
  readonly frames: number
  /** Of all heads. */
  readonly width: number
  readonly offset: number
  readonly classes: number
}

/** What tokens write. */
export function writeTokens({kind, tokens}: TokenSet, ids: readonly number[]): string {
  const pieces = ids.map(id => tokens[id] ?? '')
  if (kind === 'phones') return pieces.join(' ')
  return pieces
    .join('')
    .replaceAll(kind === 'bpe' ? '▁' : DELIMITER, ' ')
    .trim()
    .replace(/ +/g, ' ')
}

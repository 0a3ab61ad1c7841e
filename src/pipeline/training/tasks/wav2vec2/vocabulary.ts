import {greedyDecode} from '../../../decoding/ctc/greedy.js'
import {ctcVocabulary, type TokenList} from '../../../decoding/ctc/vocabulary.js'
import {textOf} from '../../../decoding/ctc/words.js'
import {LinguluError} from '../../../errors.js'
import {readCtcVocabulary} from '../../../models/ctc-vocabulary.js'
import {HEAD} from '../../architectures/wav2vec2.js'
import type {TrainingItem} from '../training-task.js'
import type {Wav2Vec2Checkpoint} from './checkpoint.js'
import {letterCase, type Spelling, spellText} from './spell-text.js'

export type UnitKind = 'characters' | 'phones'

/** What the outputs of a model mean. */
export interface Units extends TokenList {
  readonly kind: UnitKind
  /** Ids of what is said. */
  readonly encode: (item: TrainingItem) => Spelling
  /** Between the ids of two recordings that are strung together. */
  readonly between: readonly number[]
  /** The likeliest text of [frames, tokens]. */
  readonly decode: (logits: Float32Array) => string
}

/** As facebook/wav2vec2-base-960h has them; the first is CTC's blank. */
const SPECIAL_TOKENS = ['<pad>', '<s>', '</s>', '<unk>'] as const
const DELIMITER = '|'

/**
 * The tokens of a checkpoint, which its head gives.
 *
 * @throws LinguluError MODEL_INVALID where it has none; OPTION_UNSUPPORTED for pieces of words.
 */
export async function readUnits({checkpoint, config, fields}: Wav2Vec2Checkpoint): Promise<Units> {
  if (!checkpoint.tensors.has(`${HEAD}.weight`))
    throw new LinguluError('MODEL_INVALID', `${checkpoint.path} has no CTC head whose vocabulary could be used.`, {
      hint: 'Choose the vocabulary characters or phones: it comes with a new head.',
    })
  const list = await readCtcVocabulary(checkpoint.files, config.vocab_size, fields.pad_token_id ?? undefined)
  return unitsOf(list, checkpoint.path)
}

/** @throws LinguluError CONFIG_INVALID where the items have no text, or no phones. */
export function collectUnits(kind: UnitKind, items: readonly TrainingItem[]): Units {
  const found = new Set(items.flatMap(kind === 'phones' ? ({phones}) => phones ?? [] : ({text}) => charactersOf(text)))
  if (found.size === 0)
    throw new LinguluError('CONFIG_INVALID', `No recording of the training data has ${kind} to make a vocabulary of.`, {
      hint: kind === 'phones' ? 'Give a lexicon, or a column with phones.' : 'Give a column with texts.',
    })
  const delimiter = kind === 'phones' ? [] : [DELIMITER]
  const vocabulary = [...SPECIAL_TOKENS, ...delimiter, ...[...found].sort()]
  const special = new Set(SPECIAL_TOKENS.keys())
  return unitsOf({vocabulary, special, blank: 0, wordDelimiter: delimiter[0]}, 'The training data')
}

const LETTERS = /[\p{L}\p{M}\p{N}']/gu

const charactersOf = (text: string): readonly string[] =>
  text.normalize('NFC').toLowerCase().replaceAll('’', "'").match(LETTERS) ?? []

function unitsOf(list: TokenList, where: string): Units {
  const known = ctcVocabulary(list)
  if (known.startsWord.some((starts, id) => starts === 1 && list.vocabulary[id]?.startsWith('▁')))
    throw new LinguluError('OPTION_UNSUPPORTED', `${where} has pieces of words for a vocabulary.`, {
      hint: 'Choose the vocabulary characters: it comes with a new head.',
    })
  const written = known.pieces.filter(piece => piece !== '')
  const phones = known.delimiter < 0 && written.some(piece => [...piece].length > 1)
  const ids = new Map(known.pieces.flatMap((piece, id) => (piece === '' ? [] : [[piece, id] as const])))
  const {delimiter} = known
  const between = delimiter < 0 ? [] : [delimiter]
  const rules = {ids, delimiter, fold: letterCase(written)}
  return {
    ...list,
    kind: phones ? 'phones' : 'characters',
    between,
    encode: ({text, phones: said}) => (phones ? spellPhones(said, ids) : spellText(text, rules)),
    decode(logits) {
      const {tokens} = greedyDecode(logits, {vocabularySize: known.size, blank: known.blank})
      return textOf(
        tokens.map(({token}) => token),
        known,
      )
    },
  }
}

function spellPhones(phones: readonly string[] | undefined, ids: ReadonlyMap<string, number>): Spelling {
  if (phones === undefined || phones.length === 0) return {problem: 'its phones are not known'}
  const strange = phones.find(phone => !ids.has(phone))
  if (strange !== undefined) return {problem: `the vocabulary has no phone ${strange}`}
  return {ids: phones.flatMap(phone => ids.get(phone) ?? [])}
}

import {readFile} from 'node:fs/promises'
import {LinguluError} from '../../../errors.js'

/** What a lexicon says of the words that are wanted of it. */
export interface Pronunciations {
  /** Of words in upper case. */
  readonly words: ReadonlyMap<string, readonly string[]>
  /** All that the lexicon has, whatever words are wanted. */
  readonly phones: ReadonlySet<string>
}

/** `word(2)` is a second pronunciation. */
const VARIANT = /\(\d+\)$/

/**
 * Reads a lexicon in the format of CMUdict: a word and its ARPAbet phones a line, comments after `#` or on lines of `;;;`.
 * Stress is dropped, the first pronunciation of a word is taken.
 *
 * @param wanted words in upper case. Only they are kept: a hundred thousand more would cost every garbage collection time
 * @throws LinguluError INPUT_MISSING
 */
export async function readPronunciations(path: string, wanted: ReadonlySet<string>): Promise<Pronunciations> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new LinguluError('INPUT_MISSING', `The lexicon ${path} cannot be read.`, {
      cause,
      hint: 'Give a file in the format of CMUdict as data.lexicon, or leave it out.',
    })
  })
  const words = new Map<string, readonly string[]>()
  const found = new Set<string>()
  for (const line of text.split('\n')) {
    if (line.startsWith(';;;')) continue
    const [word, ...phones] = (line.split('#')[0] ?? '').trim().split(/\s+/)
    if (word === undefined || phones.length === 0) continue
    const plain = phones.map(withoutStress)
    for (const phone of plain) found.add(phone)
    const key = word.replace(VARIANT, '').toUpperCase()
    if (wanted.has(key) && !words.has(key)) words.set(key, plain)
  }
  return {words, phones: found}
}

/** `AH0` is `AH`. */
export const withoutStress = (phone: string): string => phone.replace(/\d$/, '').toUpperCase()

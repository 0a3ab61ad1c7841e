import {readFile} from 'node:fs/promises'
import {LinguluError} from '../../../errors.js'
import {lexiconEntries} from '../../../text/lexicon-entries.js'

/** What a lexicon says of the words that are wanted of it. */
export interface Pronunciations {
  /** Of words in upper case. */
  readonly words: ReadonlyMap<string, readonly string[]>
  /** All that the lexicon has, whatever words are wanted. */
  readonly phones: ReadonlySet<string>
}

/**
 * Reads a lexicon in the format of CMUdict (`lexiconEntries`); the first pronunciation of a word is taken.
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
  for (const {word, phones} of lexiconEntries(text)) {
    for (const phone of phones) found.add(phone)
    if (wanted.has(word) && !words.has(word)) words.set(word, phones)
  }
  return {words, phones: found}
}

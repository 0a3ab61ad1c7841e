import {readFile} from 'node:fs/promises'
import type {NgramModel} from '../../decoding/ctc/ngram-model.js'
import type {PronunciationsOf} from '../../decoding/ctc/pronunciation-trie.js'
import {LinguluError} from '../../errors.js'
import {lexiconEntries} from '../../text/lexicon-entries.js'

/**
 * How the words of a language model are said, by a lexicon in the format of CMUdict. Words are looked up in upper case;
 * pronunciations with a phone that the model does not have are left out, and those that differ in their stress are one.
 *
 * @param phones of the model, in the order of its outputs
 * @returns undefined where it has not one of the words
 * @throws LinguluError MODEL_MISSING where the file cannot be read
 */
export async function readPronunciations(
  path: string,
  phones: readonly string[],
  {words}: NgramModel,
): Promise<PronunciationsOf | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new LinguluError('MODEL_MISSING', `The lexicon ${path} cannot be read.`, {
      cause,
      hint: 'Give a file in the format of CMUdict, or none.',
    })
  })
  const outputs = new Map(phones.map((phone, output) => [phone, output]))
  const found = new Map<string, number[][]>()
  for (const entry of lexiconEntries(text)) {
    const saying = entry.phones.map(phone => outputs.get(phone) ?? -1)
    if (saying.includes(-1)) continue
    const others = found.get(entry.word) ?? []
    found.set(entry.word, others)
    if (!others.some(other => String(other) === String(saying))) others.push(saying)
  }
  const none: readonly number[][] = []
  const sayings = Array.from({length: words.size}, (_, word) => found.get(words.text(word).toUpperCase()) ?? none)
  if (sayings.every(ways => ways.length === 0)) return undefined
  return word => sayings[word] ?? none
}

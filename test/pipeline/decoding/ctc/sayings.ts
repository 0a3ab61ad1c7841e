import {readFileSync} from 'node:fs'
import {readArpa} from '../../../../src/pipeline/decoding/ctc/arpa.js'
import {LookAhead} from '../../../../src/pipeline/decoding/ctc/look-ahead.js'
import {pronunciationTrie} from '../../../../src/pipeline/decoding/ctc/pronunciation-trie.js'
import {referencePath} from './reference.js'

export const ngrams = await readArpa([readFileSync(referencePath('tiny.arpa'))], 'tiny.arpa')

/** Phones by number: 0 is the blank. `the` is said in two ways, `mat` and `cat` rhyme, `sat` is said like `cat`. */
const SAYINGS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  a: [[1]],
  the: [
    [2, 1],
    [2, 3],
  ],
  cat: [[3, 2, 1]],
  sat: [[3, 2, 1]],
  mat: [[1, 2, 1]],
  on: [[1, 1]],
}
export const PHONES = {size: 4, blank: 0}

export const pronunciationsOf = (word: number) => SAYINGS[ngrams.words.text(word)] ?? []
export const trie = pronunciationTrie(ngrams, pronunciationsOf)
export const lookAhead = new LookAhead(trie, ngrams)
export const spoken = Object.keys(SAYINGS)

import {describe, expect, test} from 'vitest'
import {LookAhead} from '../../../../src/pipeline/decoding/ctc/look-ahead.js'
import {ngrams, pronunciationsOf, spoken, trie} from './sayings.js'

const CONTEXTS = ['', '<s>', 'the', 'on', 'a', 'mat', 'été', '<s> the', 'the cat', 'on the', 'cat sat'].map(text =>
  text
    .split(' ')
    .filter(word => word !== '')
    .reduce((context, word) => ngrams.score(context, ngrams.wordOf(word)).context, 0),
)

/** Words that begin with the phones of each node. */
function wordsBelow(node: number, phones: readonly number[] = []): Map<number, number[]> {
  const begins = (saying: readonly number[]) => phones.every((phone, i) => saying[i] === phone)
  const below = new Map([
    [node, spoken.map(word => ngrams.wordOf(word)).filter(word => pronunciationsOf(word).some(begins))],
  ])
  for (let edge = trie.edges[node]!; edge < trie.edges[node + 1]!; edge++)
    for (const entry of wordsBelow(trie.edgeNodes[edge]!, [...phones, trie.edgePhones[edge]!])) below.set(...entry)
  return below
}

/** The best of what is seen here and what backing off gives, whether the word has been seen or not. */
function bestOf(context: number, words: readonly number[]): number {
  if (context === 0) return Math.max(...words.map(word => ngrams.score(0, word).log10))
  const seen: number[] = []
  ngrams.forEachSuccessor(context, (word, log10) => {
    if (words.includes(word)) seen.push(log10)
  })
  const {log10, context: shorter} = ngrams.shorten(context)
  return Math.max(...seen, log10 + bestOf(shorter, words))
}

describe.each([
  ['with room', undefined],
  ['with room for one context at a time', 0],
])('what a word that has begun may become, %s', (_, mostKept) => {
  const lookAhead = new LookAhead(trie, ngrams, mostKept)

  test.each(CONTEXTS)('in context %i', context => {
    for (const [node, words] of wordsBelow(0)) {
      expect(lookAhead.of(context, node), `node ${node}`).toBeCloseTo(bestOf(context, words), 6)
      for (const word of words)
        expect(lookAhead.of(context, node)).toBeGreaterThanOrEqual(ngrams.score(context, word).log10 - 1e-6)
    }
  })
})

test('what is likely in a context is foreseen, though it is rare elsewhere', () => {
  const lookAhead = new LookAhead(trie, ngrams)
  const sat = [...wordsBelow(0)].find(([, words]) => words.length === 2 && words.includes(ngrams.wordOf('sat')))
  const cat = ngrams.score(0, ngrams.wordOf('cat')).context
  expect(lookAhead.of(cat, sat![0])).toBeCloseTo(-0.4, 6)
  expect(lookAhead.of(0, sat![0])).toBeCloseTo(-1.2, 6)
})

import {expect, test} from 'vitest'
import {ngrams, pronunciationsOf, spoken, trie} from './sayings.js'

/** Every word at the end of its phones, and the best 1-gram at or below each node. */
function walk(node: number, phones: readonly number[]): {words: [string, string][]; best: number} {
  const here = [...trie.words.subarray(trie.wordStarts[node], trie.wordStarts[node + 1])]
  const words = here.map((word): [string, string] => [ngrams.words.text(word), phones.join(' ')])
  let best = Math.max(Number.NEGATIVE_INFINITY, ...here.map(word => ngrams.score(0, word).log10))
  for (let edge = trie.edges[node]!; edge < trie.edges[node + 1]!; edge++) {
    const below = walk(trie.edgeNodes[edge]!, [...phones, trie.edgePhones[edge]!])
    words.push(...below.words)
    best = Math.max(best, below.best)
  }
  expect(trie.lookahead[node]).toBeCloseTo(best, 6)
  return {words, best}
}

test('a tree of pronunciations has every word where its phones lead, and foresees the best', () => {
  const {words} = walk(0, [])
  const expected = spoken.flatMap(word => pronunciationsOf(ngrams.wordOf(word)).map(ways => [word, ways.join(' ')]))
  expect(words.map(String).sort()).toEqual(expected.map(String).sort())
  expect(trie.edgeNodes.length).toBe(trie.nodes - 1)
})

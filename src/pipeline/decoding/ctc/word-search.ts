import type {NgramModel} from './ngram-model.js'
import type {PronunciationTrie} from './pronunciation-trie.js'
import {NO_WORD, WordBeam, type WordLink} from './word-beam.js'

export interface WordSearchOptions {
  readonly trie: PronunciationTrie
  /** The model whose words are in the trie. */
  readonly ngrams: NgramModel
  /** Weight of the language model's log-probability. */
  readonly alpha: number
  /** Added for every word. */
  readonly beta: number
  /** Hypotheses kept after every frame. */
  readonly beamWidth: number
  /** Hypotheses that score this much below the best are dropped (negative, natural logarithm). */
  readonly beamPruneLogProbability: number
  /** Phones below this are not looked at in a frame (natural logarithm). */
  readonly phoneMinLogProbability: number
}

/**
 * Searches for the likeliest words in the log-probabilities of phones, with an n-gram language model: Viterbi beam search
 * over a tree of pronunciations with unigram look-ahead (Ney and Ortmanns 1999), CTC blanks allowed between phones and
 * obligatory between equal ones.
 *
 * @param logProbabilities frames × phones
 * @returns numbers of the words in the language model, best text first; no two are equal. Empty where no words fit
 */
export function wordSearch(
  logProbabilities: Float32Array,
  {width, blank}: {readonly width: number; readonly blank: number},
  options: WordSearchOptions,
): number[][] {
  const {trie, ngrams, beta, beamWidth, beamPruneLogProbability, phoneMinLogProbability} = options
  const {edges, edgePhones, edgeNodes, wordStarts, words, lookahead} = trie
  const weight = options.alpha * Math.LN10
  const root = lookahead[0] as number
  let alive = new WordBeam(beamPruneLogProbability)
  let next = new WordBeam(beamPruneLogProbability)
  alive.add(0, ngrams.start, 0, blank, undefined, NO_WORD)
  for (let row = 0; row < logProbabilities.length; row += width) {
    const {scores, contexts, nodes, lasts, links} = alive
    for (const i of alive.ranked(beamWidth)) {
      const score = scores[i] as number
      const context = contexts[i] as number
      const node = nodes[i] as number
      const last = lasts[i] as number
      const said = links[i]
      next.add(score + (logProbabilities[row + blank] as number), context, node, blank, said, NO_WORD)
      if (last !== blank) next.add(score + (logProbabilities[row + last] as number), context, node, last, said, NO_WORD)
      const expected = lookahead[node] as number
      const end = edges[node + 1] as number
      for (let edge = edges[node] as number; edge < end; edge++) {
        const phone = edgePhones[edge] as number
        const logProbability = logProbabilities[row + phone] as number
        if (phone === last || logProbability < phoneMinLogProbability) continue
        const child = edgeNodes[edge] as number
        const heard = score + logProbability
        if (edges[child] !== edges[child + 1]) {
          const begun = heard + weight * ((lookahead[child] as number) - expected)
          next.add(begun, context, child, phone, said, NO_WORD)
        }
        // Whatever the language model thinks of a word, it adds nothing to that.
        const complete = heard + weight * (root - expected) + beta
        if (complete < next.least) continue
        const wordEnd = wordStarts[child + 1] as number
        for (let word = wordStarts[child] as number; word < wordEnd; word++) {
          const scored = ngrams.score(context, words[word] as number)
          next.add(complete + weight * scored.log10, scored.context, 0, phone, said, words[word] as number)
        }
      }
    }
    alive.clear()
    ;[alive, next] = [next, alive]
  }
  const {scores, contexts, nodes, links} = alive
  const finished = [...alive.ranked(beamWidth)]
    .filter(i => nodes[i] === 0)
    .map(i => {
      const {log10} = ngrams.score(contexts[i] as number, ngrams.sentenceEnd)
      return {words: wordsOf(links[i]), score: (scores[i] as number) + weight * log10}
    })
    .sort((a, b) => b.score - a.score)
  return [...new Map(finished.map(({words: said}) => [said.join(' '), said])).values()]
}

function wordsOf(last: WordLink | undefined): number[] {
  const words: number[] = []
  for (let link = last; link !== undefined; link = link.before) words.push(link.word)
  return words.reverse()
}

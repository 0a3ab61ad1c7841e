import type {LookAhead} from './look-ahead.js'
import type {NgramModel} from './ngram-model.js'
import type {PronunciationTrie} from './pronunciation-trie.js'
import {NO_WORD, WordBeam, type WordLink} from './word-beam.js'

export interface WordSearchOptions {
  readonly trie: PronunciationTrie
  /** The model whose words are in the trie. */
  readonly ngrams: NgramModel
  /** Of both. */
  readonly lookAhead: LookAhead
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
 * over a tree of pronunciations with the language model's look-ahead (Ney and Ortmanns 1999), CTC blanks allowed between phones and
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
  const {trie, ngrams, lookAhead, beta, beamWidth, beamPruneLogProbability, phoneMinLogProbability} = options
  const {edges, edgePhones, edgeNodes, wordStarts, words} = trie
  const weight = options.alpha * Math.LN10
  const gain = Math.max(0, beta)
  let alive = new WordBeam(beamPruneLogProbability)
  let next = new WordBeam(beamPruneLogProbability)
  // All scores have in them what the words can become that have begun or are to begin.
  alive.add(weight * lookAhead.of(ngrams.start, 0), ngrams.start, 0, blank, undefined, NO_WORD)
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
      let certain = Number.NaN
      const end = edges[node + 1] as number
      for (let edge = edges[node] as number; edge < end; edge++) {
        const phone = edgePhones[edge] as number
        const logProbability = logProbabilities[row + phone] as number
        if (phone === last || logProbability < phoneMinLogProbability) continue
        // Nothing that begins here becomes likelier than it is now, but for beta.
        if (score + logProbability + gain < next.least) continue
        if (Number.isNaN(certain)) certain = score - weight * lookAhead.of(context, node)
        const child = edgeNodes[edge] as number
        const heard = certain + logProbability
        const begun = heard + weight * lookAhead.of(context, child)
        if (begun + gain < next.least) continue
        if (edges[child] !== edges[child + 1]) next.add(begun, context, child, phone, said, NO_WORD)
        const wordEnd = wordStarts[child + 1] as number
        for (let at = wordStarts[child] as number; at < wordEnd; at++) {
          const word = words[at] as number
          const scored = ngrams.score(context, word)
          const complete = heard + weight * (scored.log10 + lookAhead.of(scored.context, 0)) + beta
          next.add(complete, scored.context, 0, phone, said, word)
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
      const context = contexts[i] as number
      const expected = lookAhead.of(context, 0)
      const {log10} = ngrams.score(context, ngrams.sentenceEnd)
      return {words: wordsOf(links[i]), score: (scores[i] as number) + weight * (log10 - expected)}
    })
    .sort((a, b) => b.score - a.score)
  return [...new Map(finished.map(({words: said}) => [said.join(' '), said])).values()]
}

function wordsOf(last: WordLink | undefined): number[] {
  const words: number[] = []
  for (let link = last; link !== undefined; link = link.before) words.push(link.word)
  return words.reverse()
}

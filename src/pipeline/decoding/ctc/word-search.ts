import type {NgramModel} from './ngram-model.js'
import type {PronunciationTrie} from './pronunciation-trie.js'

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

/** A beginning of a text. Two with the same context, node and last phone have the same future: the better one lives. */
interface Hypothesis {
  readonly score: number
  /** What the language model knows of the words so far. */
  readonly context: number
  /** Of the trie: the phones of the unfinished word. */
  readonly node: number
  /** The phone that the frame says; the blank where it says none. */
  readonly last: number
  readonly words: WordLink | undefined
}

interface WordLink {
  readonly word: number
  readonly before: WordLink | undefined
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
  const {trie, ngrams, beta, phoneMinLogProbability} = options
  const {edges, edgePhones, edgeNodes, wordStarts, words, lookahead} = trie
  const weight = options.alpha * Math.LN10
  const root = lookahead[0] as number
  const beam = beamOf(trie, width, options)
  let alive: readonly Hypothesis[] = [{score: 0, context: ngrams.start, node: 0, last: blank, words: undefined}]
  for (let row = 0; row < logProbabilities.length; row += width) {
    for (const {score, context, node, last, words: said} of alive) {
      beam.add(score + (logProbabilities[row + blank] as number), context, node, blank, said)
      if (last !== blank) beam.add(score + (logProbabilities[row + last] as number), context, node, last, said)
      const expected = lookahead[node] as number
      for (let edge = edges[node] as number; edge < (edges[node + 1] as number); edge++) {
        const phone = edgePhones[edge] as number
        const logProbability = logProbabilities[row + phone] as number
        if (phone === last || logProbability < phoneMinLogProbability) continue
        const child = edgeNodes[edge] as number
        const heard = score + logProbability
        if (edges[child] !== edges[child + 1]) {
          beam.add(heard + weight * ((lookahead[child] as number) - expected), context, child, phone, said)
        }
        for (let i = wordStarts[child] as number; i < (wordStarts[child + 1] as number); i++) {
          const word = words[i] as number
          const scored = ngrams.score(context, word)
          const complete = heard + weight * (scored.log10 - expected + root) + beta
          beam.add(complete, scored.context, 0, phone, {word, before: said})
        }
      }
    }
    alive = beam.take()
  }
  const finished = alive
    .filter(({node}) => node === 0)
    .map(({score, context, words: said}) => {
      return {words: wordsOf(said), score: score + weight * ngrams.score(context, ngrams.sentenceEnd).log10}
    })
    .sort((a, b) => b.score - a.score)
  return [...new Map(finished.map(({words: said}) => [said.join(' '), said])).values()]
}

/** Collects the hypotheses of one frame. */
function beamOf(trie: PronunciationTrie, phones: number, {beamWidth, beamPruneLogProbability}: WordSearchOptions) {
  let found = new Map<number, Hypothesis>()
  let best = Number.NEGATIVE_INFINITY
  return {
    add(score: number, context: number, node: number, last: number, words: WordLink | undefined): void {
      if (score < best + beamPruneLogProbability) return
      if (score > best) best = score
      const key = (context * trie.nodes + node) * phones + last
      const other = found.get(key)
      if (other === undefined || other.score < score) found.set(key, {score, context, node, last, words})
    },
    /** The best of them, best first; empties the beam. */
    take(): readonly Hypothesis[] {
      const least = best + beamPruneLogProbability
      const kept = [...found.values()].filter(({score}) => score >= least).sort((a, b) => b.score - a.score)
      found = new Map()
      best = Number.NEGATIVE_INFINITY
      return kept.slice(0, beamWidth)
    },
  }
}

function wordsOf(last: WordLink | undefined): number[] {
  const words: number[] = []
  for (let link = last; link !== undefined; link = link.before) words.push(link.word)
  return words.reverse()
}

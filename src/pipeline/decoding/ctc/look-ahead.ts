import {firstAbove} from '../../statistics/first-above.js'
import {type NgramModel, NO_CONTEXT} from './ngram-model.js'
import type {PronunciationTrie} from './pronunciation-trie.js'

/** Words of contexts that are kept: some 50 MB. */
const MOST_KEPT = 4_000_000
/** Answers that are kept, 16 bytes each; a power of 2. */
const ANSWERS = 1 << 18

/** What a context has seen. */
interface Seen {
  /** Places of its words in the tree, ascending. */
  readonly places: Uint32Array
  /** A segment tree of their log10: of places[i] at [n + i], of two children the larger one above them. */
  readonly best: Float32Array
  readonly backoff: number
  readonly shorter: number
}

/**
 * What the language model will at best say of the word that has begun, in the very context in which it stands (Ortmanns, Ney,
 * Eiden, ICSLP 1996): a search that counts it at once does not lose words that are likely there to others that are frequent
 * anywhere. It never says too little; it says too much of a beginning whose likeliest word has been seen with less in the
 * context than it would have by backing off.
 *
 * The ends of words stand in the tree so that those below a node are side by side: what a context has seen there is a range of
 * its own words. Contexts are prepared when they are first met.
 */
export class LookAhead {
  readonly #ngrams: NgramModel
  /** Places of the words below node n are [firsts[n], ends[n]). */
  readonly #firsts: Uint32Array
  readonly #ends: Uint32Array
  /** The places of word w are places[starts[w]] to places[starts[w + 1] − 1], one for each of its pronunciations. */
  readonly #starts: Uint32Array
  readonly #places: Uint32Array
  readonly #unigrams: Float32Array
  readonly #contexts = new Map<number, Seen>()
  readonly #mostKept: number
  #kept = 0
  /** What has been asked last, by a hash of context and node: hypotheses ask the same frame after frame. */
  readonly #askedContexts = new Int32Array(ANSWERS)
  readonly #askedNodes = new Int32Array(ANSWERS).fill(-1)
  readonly #answers = new Float64Array(ANSWERS)

  /**
   * @param trie of words of `ngrams`
   * @param mostKept words of contexts
   */
  constructor(trie: PronunciationTrie, ngrams: NgramModel, mostKept = MOST_KEPT) {
    this.#ngrams = ngrams
    this.#mostKept = mostKept
    this.#unigrams = trie.lookahead
    this.#firsts = new Uint32Array(trie.nodes)
    this.#ends = new Uint32Array(trie.nodes)
    this.#starts = new Uint32Array(ngrams.words.size + 1)
    this.#places = new Uint32Array(trie.words.length)
    const order = this.#number(trie)
    for (const word of order) this.#starts[word + 1] = (this.#starts[word + 1] as number) + 1
    for (let word = 0; word < ngrams.words.size; word++)
      this.#starts[word + 1] = (this.#starts[word + 1] as number) + (this.#starts[word] as number)
    const filled = this.#starts.slice()
    for (const [place, word] of order.entries()) {
      const at = filled[word] as number
      this.#places[at] = place
      filled[word] = at + 1
    }
  }

  /** The largest log10 that a word at or below a node has after a context. */
  of(context: number, node: number): number {
    if (context === NO_CONTEXT) return this.#unigrams[node] as number
    const at = hash(context, node) & (ANSWERS - 1)
    if (this.#askedContexts[at] === context && this.#askedNodes[at] === node) return this.#answers[at] as number
    const seen = this.#contexts.get(context) ?? this.#look(context)
    const largest = largestOf(seen, this.#firsts[node] as number, this.#ends[node] as number)
    const answer = Math.max(largest, seen.backoff + this.of(seen.shorter, node))
    this.#askedContexts[at] = context
    this.#askedNodes[at] = node
    this.#answers[at] = answer
    return answer
  }

  /** Walks the tree depth first. @returns the words in the order of their places */
  #number({nodes, edges, edgeNodes, wordStarts, words}: PronunciationTrie): number[] {
    const order: number[] = []
    // A node is met twice: before all below it, and, as its complement, after them.
    const open = nodes === 0 ? [] : [0]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node < 0) {
        this.#ends[~node] = order.length
        continue
      }
      this.#firsts[node] = order.length
      open.push(~node)
      for (let i = wordStarts[node] as number; i < (wordStarts[node + 1] as number); i++) order.push(words[i] as number)
      for (let edge = edges[node] as number; edge < (edges[node + 1] as number); edge++)
        open.push(edgeNodes[edge] as number)
    }
    return order
  }

  #look(context: number): Seen {
    if (this.#kept > this.#mostKept) {
      this.#contexts.clear()
      this.#kept = 0
    }
    const pairs: {readonly place: number; readonly log10: number}[] = []
    this.#ngrams.forEachSuccessor(context, (word, log10) => {
      const end = this.#starts[word + 1] as number
      for (let i = this.#starts[word] as number; i < end; i++) pairs.push({place: this.#places[i] as number, log10})
    })
    pairs.sort((a, b) => a.place - b.place)
    const best = new Float32Array(2 * pairs.length)
    best.set(
      pairs.map(({log10}) => log10),
      pairs.length,
    )
    for (let i = pairs.length - 1; i > 0; i--) best[i] = Math.max(best[2 * i] as number, best[2 * i + 1] as number)
    const {log10: backoff, context: shorter} = this.#ngrams.shorten(context)
    const seen = {places: Uint32Array.from(pairs, ({place}) => place), best, backoff, shorter}
    this.#contexts.set(context, seen)
    this.#kept += pairs.length + 1
    return seen
  }
}

/** The largest log10 at places in [first, end). */
function largestOf({places, best}: Seen, first: number, end: number): number {
  const count = places.length
  let left = count + firstAbove(places, first - 1)
  let right = count + firstAbove(places, end - 1)
  let most = Number.NEGATIVE_INFINITY
  for (; left < right; left >>= 1, right >>= 1) {
    if (left & 1) most = Math.max(most, best[left++] as number)
    if (right & 1) most = Math.max(most, best[--right] as number)
  }
  return most
}

function hash(context: number, node: number): number {
  const mixed = Math.imul(context, 0x9e3779b1) ^ Math.imul(node, 0x85ebca77)
  return mixed ^ (mixed >>> 15)
}

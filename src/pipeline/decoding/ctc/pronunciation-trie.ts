import type {NgramModel} from './ngram-model.js'

/** Pronunciations of the words of a language model, by their number there. */
export type PronunciationsOf = (word: number) => readonly (readonly number[])[]

/**
 * All words of a language model that have pronunciations, as a tree of phones. Nodes are numbers, 0 is the root; the
 * edges of a node stand side by side.
 */
export interface PronunciationTrie {
  readonly nodes: number
  /** Edges of node n are [edges[n], edges[n + 1]). */
  readonly edges: Uint32Array
  readonly edgePhones: Uint16Array
  readonly edgeNodes: Uint32Array
  /** Words that end in node n are words[wordStarts[n]] to words[wordStarts[n + 1] − 1]. */
  readonly wordStarts: Uint32Array
  readonly words: Uint32Array
  /** The largest log10 of the words' 1-grams at or below a node: what a beginning can become. */
  readonly lookahead: Float32Array
}

interface Draft {
  readonly children: Map<number, Draft>
  readonly words: number[]
  lookahead: number
}

const newDraft = (): Draft => ({children: new Map(), words: [], lookahead: Number.NEGATIVE_INFINITY})

/** Homophones share a node. */
export function pronunciationTrie(ngrams: NgramModel, pronunciationsOf: PronunciationsOf): PronunciationTrie {
  const root = newDraft()
  for (let word = 0; word < ngrams.words.size; word++) {
    for (const phones of pronunciationsOf(word)) add(root, phones, word, ngrams.score(0, word).log10)
  }
  return packed(root)
}

function add(root: Draft, phones: readonly number[], word: number, log10: number): void {
  let node = root
  node.lookahead = Math.max(node.lookahead, log10)
  for (const phone of phones) {
    const child = node.children.get(phone) ?? newDraft()
    node.children.set(phone, child)
    child.lookahead = Math.max(child.lookahead, log10)
    node = child
  }
  if (!node.words.includes(word)) node.words.push(word)
}

/** Numbers the nodes breadth first. */
function packed(root: Draft): PronunciationTrie {
  const order = [root]
  const edges: number[] = []
  const edgePhones: number[] = []
  const edgeNodes: number[] = []
  const wordStarts: number[] = []
  const words: number[] = []
  // Grows while it is walked.
  for (const node of order) {
    edges.push(edgePhones.length)
    wordStarts.push(words.length)
    for (const [phone, child] of node.children) {
      edgePhones.push(phone)
      edgeNodes.push(order.length)
      order.push(child)
    }
    for (const word of node.words) words.push(word)
  }
  return {
    nodes: order.length,
    edges: Uint32Array.from([...edges, edgePhones.length]),
    edgePhones: Uint16Array.from(edgePhones),
    edgeNodes: Uint32Array.from(edgeNodes),
    wordStarts: Uint32Array.from([...wordStarts, words.length]),
    words: Uint32Array.from(words),
    lookahead: Float32Array.from(order, ({lookahead}) => lookahead),
  }
}

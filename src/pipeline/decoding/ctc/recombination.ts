import type {PrefixTrie} from './prefix-trie.js'
import type {CtcVocabulary} from './vocabulary.js'

export interface Recombination {
  /** Notes what a node that has just been added has before it. */
  extend(node: number): void
  /**
   * Of the nodes among chosen[0 … count) that have the same future keeps the best, the lower index among equals, at the
   * front. Returns how many are left.
   */
  reduce(chosen: Int32Array, count: number, nodes: Int32Array, scores: Float64Array): number
}

/**
 * Prefixes have the same future if they write the same unfinished word and the language model cannot tell apart what
 * came before it: whatever follows adds the same to both, so only the better one can become the best text. Without
 * this, a long recording's beam fills up with copies of one text that differ in some word long ago.
 *
 * @param contextOf the language model's context before the unfinished word
 */
export function recombination(
  trie: PrefixTrie,
  {startsWord, delimiter}: CtcVocabulary,
  contextOf: (node: number) => number,
): Recombination {
  const begins = (token: number) => token === delimiter || startsWord[token] === 1
  let table = new Int32Array(1024)

  function sameFuture(first: number, second: number): boolean {
    let a = first
    let b = second
    while (a !== b) {
      // Above the root is only what both share.
      if (a < 0 || b < 0) return false
      const token = trie.token[a] as number
      if (token !== trie.token[b]) return false
      if (begins(token)) return contextOf(a) === contextOf(b)
      a = trie.parent[a] as number
      b = trie.parent[b] as number
    }
    return true
  }

  return {
    extend(node) {
      const token = trie.token[node] as number
      const before = begins(token) ? contextOf(node) : (trie.history[trie.parent[node] as number] as number)
      const mixed = Math.imul(before ^ (token + 1), 0x9e3779b1)
      trie.history[node] = mixed ^ (mixed >>> 15)
    },
    reduce(chosen, count, nodes, scores) {
      while (2 * count > table.length) table = new Int32Array(2 * table.length)
      table.fill(0)
      const mask = table.length - 1
      let kept = 0
      for (let i = 0; i < count; i++) {
        const index = chosen[i] as number
        const node = nodes[index] as number
        let at = (trie.history[node] as number) & mask
        let place = (table[at] as number) - 1
        while (place >= 0 && !sameFuture(nodes[chosen[place] as number] as number, node)) {
          at = (at + 1) & mask
          place = (table[at] as number) - 1
        }
        if (place < 0) {
          chosen[kept++] = index
          table[at] = kept
        } else if ((scores[index] as number) > (scores[chosen[place] as number] as number)) chosen[place] = index
      }
      return kept
    },
  }
}

import type {Lexicon} from './lexicon.js'
import {grown} from './prefix-trie.js'

/** For every node of a search the words of a lexicon that its unfinished word can become. */
export class WordBeginnings {
  readonly #lexicon: Lexicon
  #from = new Int32Array(0)
  #to = new Int32Array(0)
  /** Bytes of the unfinished word. */
  #length = new Int32Array(0)

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon
  }

  reserve(capacity: number): void {
    this.#from = grown(this.#from, new Int32Array(capacity))
    this.#to = grown(this.#to, new Int32Array(capacity))
    this.#length = grown(this.#length, new Int32Array(capacity))
  }

  /** Begins a word: every one is possible. */
  restart(node: number): void {
    this.#from[node] = 0
    this.#to[node] = this.#lexicon.size
    this.#length[node] = 0
  }

  /** The unfinished word of `node` is that of `source` and `bytes`. */
  extend(source: number, node: number, bytes: Uint8Array): void {
    let from = this.#from[source] as number
    let to = this.#to[source] as number
    let length = this.#length[source] as number
    for (const byte of bytes) {
      from = this.#lexicon.lowerBound(from, to, length, byte)
      to = this.#lexicon.lowerBound(from, to, length, byte + 1)
      length++
    }
    this.#from[node] = from
    this.#to[node] = to
    this.#length[node] = length
  }

  possible(node: number): boolean {
    return (this.#from[node] as number) < (this.#to[node] as number)
  }

  /** Number of the word that the unfinished word is already; −1 where it is none. */
  exact(node: number): number {
    return this.#lexicon.exact(this.#from[node] as number, this.#to[node] as number, this.#length[node] as number)
  }

  /** How much is written of the shortest word that is possible, 0 to 1. */
  share(node: number): number {
    return (this.#length[node] as number) / this.#lexicon.shortest(this.#from[node] as number, this.#to[node] as number)
  }
}

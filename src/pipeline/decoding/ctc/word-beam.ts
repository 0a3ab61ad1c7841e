import {selectBest} from './select-best.js'

/** The words of a hypothesis, last first. */
export interface WordLink {
  readonly word: number
  readonly before: WordLink | undefined
}

export const NO_WORD = -1

const FIRST_CAPACITY = 1024

/**
 * The hypotheses of one frame of a word search. Two with the same context of the language model, node of the
 * pronunciations and last phone have the same future: the better one lives, the earlier one of equals. Only links of words
 * are allocated; the rest is used again in every other frame.
 */
export class WordBeam {
  /** Of hypothesis i: natural logarithm. */
  scores = new Float64Array(FIRST_CAPACITY)
  contexts = new Int32Array(FIRST_CAPACITY)
  nodes = new Int32Array(FIRST_CAPACITY)
  lasts = new Int32Array(FIRST_CAPACITY)
  readonly links: (WordLink | undefined)[] = []
  readonly #prune: number
  #count = 0
  #best = Number.NEGATIVE_INFINITY
  /** By hash of what makes a hypothesis the same: 1 + its number, 0 where there is none. Twice the capacity. */
  #table = new Int32Array(2 * FIRST_CAPACITY)
  #chosen = new Int32Array(FIRST_CAPACITY)

  /** @param prune hypotheses whose score is this much below the best are not taken (negative) */
  constructor(prune: number) {
    this.#prune = prune
  }

  /** What scores less is not taken. */
  get least(): number {
    return this.#best + this.#prune
  }

  /** @param word that follows `before`; {@link NO_WORD} for none */
  add(score: number, context: number, node: number, last: number, before: WordLink | undefined, word: number): void {
    if (score < this.least) return
    if (score > this.#best) this.#best = score
    const mask = this.#table.length - 1
    let at = hash(context, node, last) & mask
    for (let entry = this.#table[at] as number; entry !== 0; entry = this.#table[at] as number) {
      const same = entry - 1
      if (this.contexts[same] === context && this.nodes[same] === node && this.lasts[same] === last) {
        if ((this.scores[same] as number) >= score) return
        this.scores[same] = score
        this.links[same] = word === NO_WORD ? before : {word, before}
        return
      }
      at = (at + 1) & mask
    }
    const number = this.#count++
    this.#table[at] = number + 1
    this.scores[number] = score
    this.contexts[number] = context
    this.nodes[number] = node
    this.lasts[number] = last
    this.links[number] = word === NO_WORD ? before : {word, before}
    if (this.#count === this.scores.length) this.#grow()
  }

  /** Numbers of the best hypotheses, best first, so many at the most. They hold until the beam is cleared. */
  ranked(width: number): Int32Array {
    const {least} = this
    const chosen = this.#chosen
    let kept = 0
    for (let i = 0; i < this.#count; i++) if ((this.scores[i] as number) >= least) chosen[kept++] = i
    if (kept > width) selectBest(chosen, kept, width, this.scores)
    const {scores} = this
    return chosen
      .subarray(0, Math.min(kept, width))
      .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
  }

  clear(): void {
    this.#count = 0
    this.#best = Number.NEGATIVE_INFINITY
    this.#table.fill(0)
  }

  #grow(): void {
    const capacity = 2 * this.scores.length
    this.scores = enlarged(this.scores, new Float64Array(capacity))
    this.contexts = enlarged(this.contexts, new Int32Array(capacity))
    this.nodes = enlarged(this.nodes, new Int32Array(capacity))
    this.lasts = enlarged(this.lasts, new Int32Array(capacity))
    this.#chosen = new Int32Array(capacity)
    this.#table = new Int32Array(2 * capacity)
    const mask = this.#table.length - 1
    for (let i = 0; i < this.#count; i++) {
      let at = hash(this.contexts[i] as number, this.nodes[i] as number, this.lasts[i] as number) & mask
      while (this.#table[at] !== 0) at = (at + 1) & mask
      this.#table[at] = i + 1
    }
  }
}

function enlarged<Values extends Float64Array | Int32Array>(values: Values, larger: Values): Values {
  larger.set(values)
  return larger
}

function hash(context: number, node: number, last: number): number {
  let mixed = Math.imul(context, 0x9e3779b1) ^ Math.imul(node, 0x85ebca77) ^ Math.imul(last, 0xc2b2ae3d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}

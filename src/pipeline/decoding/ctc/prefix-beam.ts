import {frameTokens, type TokenLimits} from './frame-tokens.js'
import {addChild, createPrefixTrie, dropParent, findChild, onlyChild, pathTo, ROOT, release} from './prefix-trie.js'
import {type Recombination, recombination} from './recombination.js'
import {selectBest} from './select-best.js'
import type {CtcDecoder, TokenSpan} from './token-span.js'
import type {CtcVocabulary} from './vocabulary.js'
import type {WordFusion} from './word-fusion.js'
import {continuationOf, textOf} from './words.js'

export interface PrefixBeamOptions extends TokenLimits {
  readonly vocabulary: CtcVocabulary
  /** Prefixes kept after every frame. */
  readonly beamWidth: number
  /** Prefixes that score this much below the best are dropped (negative, natural logarithm). */
  readonly beamPruneLogProbability: number
  readonly fusion?: WordFusion | undefined
  /**
   * Drops prefixes that can no longer become the best text. The best text is found at least as well, sooner certain,
   * and in long recordings better; the others that {@link PrefixBeamDecoder.hypotheses} gives get few.
   */
  readonly recombine?: boolean | undefined
}

export interface Hypothesis {
  readonly text: string
  readonly tokens: readonly number[]
  /** Log-probability that the model says this text: the sum over all alignments the search has kept. */
  readonly logProbability: number
  /** With what the language model and the hot words add: what hypotheses are ranked by. */
  readonly score: number
}

export interface PrefixBeamDecoder extends CtcDecoder {
  /** The texts that are left, best first; no two are equal. */
  hypotheses(): Hypothesis[]
}

/**
 * Prefix beam search (Hannun et al. 2014): for every prefix the probabilities that it ends in a blank and that it ends
 * in its last token are summed over all alignments. They are kept as plain doubles that are brought back to 1 after
 * every frame: as exact as logarithms, and ten times as fast. Tokens of the result carry the frame in which they were
 * loudest; {@link forcedAlign} finds their exact spans. Among equal scores the prefix that was found first wins.
 *
 * Delimiters in a row and at the start of the text write nothing, so prefixes that differ only in them are one.
 */
export function prefixBeamDecoder(options: PrefixBeamOptions): PrefixBeamDecoder {
  const search = new PrefixBeamSearch(options)
  return {
    push: logProbabilities => search.push(logProbabilities),
    finish: () => search.finish(),
    hypotheses: () => search.hypotheses(),
  }
}

/** {@link prefixBeamDecoder} for a whole matrix, frames × vocabulary: the texts found, best first. */
export function prefixBeamSearch(logProbabilities: Float32Array, options: PrefixBeamOptions): Hypothesis[] {
  const decoder = prefixBeamDecoder(options)
  decoder.push(logProbabilities)
  return decoder.hypotheses()
}

class PrefixBeamSearch {
  readonly #options: PrefixBeamOptions
  readonly #trie = createPrefixTrie()
  readonly #tokens
  readonly #recombination: Recombination | undefined
  #frame = 0
  /** Logarithm of what the probabilities have been divided by. */
  #logScale = 0
  /** The last node that all prefixes share and that has been given out. */
  #committed = ROOT
  /** Tokens given out. */
  readonly #said: number[] = []

  /** Prefixes kept: node, probability of ending in a blank, of ending in the last token. */
  #count = 1
  readonly #nodes: Int32Array
  readonly #blanks: Float64Array
  readonly #labels: Float64Array

  /** Prefixes that this frame makes; the first `#count` are those kept, with a blank or a repeat added. */
  #candidates = 0
  #candidateNodes = new Int32Array(256)
  #candidateBlanks = new Float64Array(256)
  #candidateLabels = new Float64Array(256)
  #scores = new Float64Array(256)
  #chosen = new Int32Array(256)

  constructor(options: PrefixBeamOptions) {
    this.#options = options
    this.#tokens = frameTokens(options.vocabulary, options)
    const {vocabulary, fusion, recombine} = options
    if (recombine) this.#recombination = recombination(this.#trie, vocabulary, node => fusion?.contextOf(node) ?? 0)
    this.#nodes = new Int32Array(options.beamWidth)
    this.#blanks = new Float64Array(options.beamWidth)
    this.#labels = new Float64Array(options.beamWidth)
    this.#nodes[0] = ROOT
    this.#blanks[0] = 1
    this.#trie.slot[ROOT] = 0
  }

  push(logProbabilities: Float32Array): TokenSpan[] {
    const {size} = this.#options.vocabulary
    for (let row = 0; row < logProbabilities.length; row += size) {
      this.#tokens.read(logProbabilities, row)
      this.#stay()
      this.#extend()
      this.#keepBest()
      this.#frame++
    }
    return this.#commit()
  }

  finish(): {tokens: TokenSpan[]; logProbability: number} {
    const [best] = this.#ranked()
    if (best === undefined) return {tokens: [], logProbability: 0}
    return {tokens: best.path.map(node => this.#spanOf(node)), logProbability: best.logProbability}
  }

  hypotheses(): Hypothesis[] {
    return this.#ranked().map(({path, logProbability, score}) => {
      const tokens = [...this.#said, ...path.map(node => this.#trie.token[node] as number)]
      return {text: textOf(tokens, this.#options.vocabulary), tokens, logProbability, score}
    })
  }

  /** Prefixes stay as they are with a blank or a repeat of their last token. */
  #stay(): void {
    this.#candidates = this.#count
    this.#reserve(this.#count * (1 + this.#tokens.count))
    const trie = this.#trie
    const {probabilities} = this.#tokens
    const {delimiter} = this.#options.vocabulary
    for (let i = 0; i < this.#count; i++) {
      const node = this.#nodes[i] as number
      const token = node === ROOT ? delimiter : (trie.token[node] as number)
      const blank = this.#blanks[i] as number
      const label = this.#labels[i] as number
      const probability = token < 0 ? 0 : (probabilities[token] as number)
      this.#candidateNodes[i] = node
      this.#candidateBlanks[i] = (blank + label) * this.#tokens.blank
      // A further delimiter changes nothing, whether a blank came before it or not.
      this.#candidateLabels[i] = (token === delimiter ? blank + label : label) * probability
      if (label > blank && probability > (trie.peak[node] as number)) this.#mark(node, probability)
    }
  }

  /** Prefixes grow by a token. Those that cannot survive are not even made. */
  #extend(): void {
    const trie = this.#trie
    const {probabilities} = this.#tokens
    const {delimiter} = this.#options.vocabulary
    const {ids, count} = this.#tokens
    const threshold = this.#scoreCandidates() + this.#options.beamPruneLogProbability
    for (let i = 0; i < this.#count; i++) {
      const node = this.#nodes[i] as number
      const last = node === ROOT ? delimiter : (trie.token[node] as number)
      const blank = this.#blanks[i] as number
      const all = blank + (this.#labels[i] as number)
      const least = Math.exp(threshold - (trie.ceiling[node] as number))
      for (let k = 0; k < count; k++) {
        const token = ids[k] as number
        if (token === delimiter && last === delimiter) continue
        const probability = probabilities[token] as number
        const mass = (token === last ? blank : all) * probability
        if (mass > 0) this.#grow(node, token, mass, least, probability)
      }
    }
  }

  #grow(node: number, token: number, mass: number, least: number, probability: number): void {
    const trie = this.#trie
    let child = findChild(trie, node, token)
    let slot = child < 0 ? -1 : (trie.slot[child] as number)
    if (slot < 0) {
      if (mass < least) return
      if (child < 0) {
        child = addChild(trie, node, token)
        this.#options.fusion?.extend(trie, child)
        this.#recombination?.extend(child)
      }
      slot = this.#candidates++
      trie.slot[child] = slot
      this.#candidateNodes[slot] = child
      this.#candidateBlanks[slot] = 0
      this.#candidateLabels[slot] = 0
    }
    const staying = (this.#candidateBlanks[slot] as number) + (this.#candidateLabels[slot] as number)
    // The prefix is now mainly one that has said its last token here.
    if (mass >= staying) this.#mark(child, probability)
    this.#candidateLabels[slot] = (this.#candidateLabels[slot] as number) + mass
  }

  /** Scores the candidates, keeps the best, frees the nodes of the others. */
  #keepBest(): void {
    const threshold = this.#scoreCandidates() + this.#options.beamPruneLogProbability
    let kept = 0
    for (let i = 0; i < this.#candidates; i++) {
      const score = this.#scores[i] as number
      if (score >= threshold && score > Number.NEGATIVE_INFINITY) this.#chosen[kept++] = i
    }
    if (this.#recombination !== undefined) {
      kept = this.#recombination.reduce(this.#chosen, kept, this.#candidateNodes, this.#scores)
    }
    if (kept > this.#nodes.length) {
      selectBest(this.#chosen, kept, this.#nodes.length, this.#scores)
      kept = this.#nodes.length
      // In the order of their slots again: which of two equals was found first must not depend on the selection.
      this.#chosen.subarray(0, kept).sort()
    }
    const {slot} = this.#trie
    for (let i = 0; i < this.#candidates; i++) slot[this.#candidateNodes[i] as number] = -1
    let largest = 0
    for (let i = 0; i < kept; i++) {
      const from = this.#chosen[i] as number
      const node = this.#candidateNodes[from] as number
      slot[node] = i
      this.#nodes[i] = node
      this.#blanks[i] = this.#candidateBlanks[from] as number
      this.#labels[i] = this.#candidateLabels[from] as number
      largest = Math.max(largest, (this.#blanks[i] as number) + (this.#labels[i] as number))
    }
    for (let i = 0; i < this.#candidates; i++) release(this.#trie, this.#candidateNodes[i] as number)
    this.#count = kept
    this.#rescale(kept, largest)
  }

  #rescale(count: number, largest: number): void {
    for (let i = 0; i < count; i++) {
      this.#blanks[i] = (this.#blanks[i] as number) / largest
      this.#labels[i] = (this.#labels[i] as number) / largest
    }
    this.#logScale += Math.log(largest)
  }

  /** Fills `#scores` and returns the best. */
  #scoreCandidates(): number {
    const {score} = this.#trie
    let best = Number.NEGATIVE_INFINITY
    for (let i = 0; i < this.#candidates; i++) {
      const mass = (this.#candidateBlanks[i] as number) + (this.#candidateLabels[i] as number)
      const value = Math.log(mass) + (score[this.#candidateNodes[i] as number] as number)
      this.#scores[i] = value
      if (value > best) best = value
    }
    return best
  }

  /** Notes where a prefix says its last token; not later than the prefixes that have grown from it, which know better. */
  #mark(node: number, probability: number): void {
    if (this.#trie.firstChild[node] !== -1) return
    this.#trie.frame[node] = this.#frame
    this.#trie.peak[node] = probability
  }

  #reserve(candidates: number): void {
    if (candidates <= this.#scores.length) return
    const capacity = 2 * candidates
    this.#candidateNodes = new Int32Array(capacity)
    this.#candidateBlanks = new Float64Array(capacity)
    this.#candidateLabels = new Float64Array(capacity)
    this.#scores = new Float64Array(capacity)
    this.#chosen = new Int32Array(capacity)
  }

  /** Gives out what all prefixes have in common since the last time, and forgets the nodes above. */
  #commit(): TokenSpan[] {
    const trie = this.#trie
    const tokens: TokenSpan[] = []
    while (trie.slot[this.#committed] === -1) {
      const child = onlyChild(trie, this.#committed)
      if (child < 0) break
      const span = this.#spanOf(child)
      tokens.push(span)
      this.#said.push(span.token)
      dropParent(trie, child)
      this.#committed = child
    }
    return tokens
  }

  #spanOf(node: number): TokenSpan {
    const {token, frame, peak} = this.#trie
    const start = frame[node] as number
    return {
      token: token[node] as number,
      start,
      end: start + 1,
      logProbability: Math.log(peak[node] as number),
    }
  }

  /** Complete texts, best first. Prefixes that write the same text are one, and their probabilities are summed. */
  #ranked(): Ranked[] {
    const best = new Map<string, Ranked>()
    for (let i = 0; i < this.#count; i++) {
      const node = this.#nodes[i] as number
      const path = pathTo(this.#trie, node, this.#committed)
      const tokens = path.map(at => this.#trie.token[at] as number)
      const text = continuationOf(tokens, this.#options.vocabulary)
      const mass = (this.#blanks[i] as number) + (this.#labels[i] as number)
      const logProbability = Math.log(mass) + this.#logScale
      const ending = this.#options.fusion?.finish(node) ?? 0
      const found = {path, logProbability, score: logProbability + ending, ending}
      const other = best.get(text)
      best.set(text, other === undefined ? found : joined(found, other))
    }
    // Sorting is stable: among equals the first found stays first.
    return [...best.values()].sort((a, b) => b.score - a.score)
  }
}

/** A prefix as a complete text. */
interface Ranked {
  /** Nodes since the last that has been given out. */
  readonly path: readonly number[]
  readonly logProbability: number
  readonly score: number
  /** What the language model and hot words add. */
  readonly ending: number
}

/** The better of two prefixes that write the same text, with the probability of both. */
function joined(a: Ranked, b: Ranked): Ranked {
  const better = a.score > b.score ? a : b
  const high = Math.max(a.logProbability, b.logProbability)
  const low = Math.min(a.logProbability, b.logProbability)
  const logProbability = high + Math.log1p(Math.exp(low - high))
  return {...better, logProbability, score: logProbability + better.ending}
}

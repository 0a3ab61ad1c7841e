/** How likely each label follows the two before it: what a denominator takes every text to be made of. */
export interface LabelGrammar {
  /** Of the model's head, CTC's blank, 0, among them. */
  readonly classes: number
  /** p(k | i, j) at [i, j, k]; before the first label stand 0 and 0. [classes, classes, classes] */
  readonly probabilities: Float64Array
}

/**
 * A trigram model of label sequences, each distinct one counted once: absolute discounting, interpolated with bigrams, unigrams
 * and a uniform distribution (Ney, Essen, Kneser, Computer Speech and Language 8, 1994). Nothing is impossible in it.
 *
 * @param sequences labels from 1 to classes − 1
 */
export function labelGrammar(sequences: Iterable<readonly number[]>, classes: number): LabelGrammar {
  const trigrams = new Float64Array(classes ** 3)
  const bigrams = new Float64Array(classes ** 2)
  const unigrams = new Float64Array(classes)
  const distinct = new Map<string, readonly number[]>()
  for (const sequence of sequences) distinct.set(sequence.join(' '), sequence)
  for (const sequence of distinct.values())
    for (const [place, label] of sequence.entries()) {
      const before = sequence[place - 1] ?? 0
      const pair = before * classes + label
      add(unigrams, label)
      add(bigrams, pair)
      add(trigrams, (sequence[place - 2] ?? 0) * classes ** 2 + pair)
    }
  const uniform = Float64Array.from({length: classes}, (_, label) => (label === 0 ? 0 : 1 / (classes - 1)))
  const all = smooth(bigrams, smooth(unigrams, uniform, classes), classes)
  return {classes, probabilities: smooth(trigrams, all, classes)}
}

/** ln p(labels), without that they end. */
export function grammarLogProbability({classes, probabilities}: LabelGrammar, labels: readonly number[]): number {
  let sum = 0
  for (const [place, label] of labels.entries())
    sum += Math.log(
      probabilities[((labels[place - 2] ?? 0) * classes + (labels[place - 1] ?? 0)) * classes + label] as number,
    )
  return sum
}

/** Distributions of the counts' rows, each interpolated with the one that knows a label less, at the row's end of its index. */
function smooth(counts: Float64Array, shorter: Float64Array, classes: number): Float64Array {
  const discount = bestDiscount(counts)
  const result = new Float64Array(counts.length)
  for (let row = 0; row < counts.length; row += classes) {
    const own = counts.subarray(row, row + classes)
    const backing = shorter.subarray(row % shorter.length)
    const total = own.reduce((sum, count) => sum + count, 0)
    const kept = total === 0 ? 1 : (discount * own.filter(count => count > 0).length) / total
    for (let label = 1; label < classes; label++) {
      const share = total === 0 ? 0 : Math.max(0, (own[label] as number) - discount) / total
      result[row + label] = share + kept * (backing[label] as number)
    }
  }
  return result
}

/** From the numbers of what was counted once and twice. */
function bestDiscount(counts: Float64Array): number {
  const once = counts.reduce((sum, count) => sum + Number(count === 1), 0)
  const twice = counts.reduce((sum, count) => sum + Number(count === 2), 0)
  return once === 0 || twice === 0 ? 0.5 : once / (once + 2 * twice)
}

function add(counts: Float64Array, index: number): void {
  counts[index] = (counts[index] as number) + 1
}

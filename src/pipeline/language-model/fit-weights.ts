import type {NgramModel} from '../decoding/ctc/ngram-model.js'
import type {SentenceSink} from './add-sentences.js'

export interface WeightFitter extends SentenceSink {
  /** One for each model, which sum to one; undefined where no model has a word of the sentences. */
  weights(): number[] | undefined
}

/**
 * Finds the weights with which interpolated models foresee texts best, by expectation maximization: SRILM's
 * `compute-best-mix`. A word that a model lacks has no probability in it; one that all lack does not count.
 */
export function weightFitter(models: readonly NgramModel[]): WeightFitter {
  /** For each word of the texts: its probability by each model. */
  const rows: Float64Array[] = []
  let known = 0
  return {
    add(sentence) {
      const contexts = models.map(({start}) => start)
      for (const word of [...sentence, undefined]) {
        const row = models.map((model, index) => {
          const number = word === undefined ? model.sentenceEnd : model.wordOf(word)
          const scored = model.score(contexts[index] as number, number)
          contexts[index] = scored.context
          return number === model.unknown ? 0 : 10 ** scored.log10
        })
        if (row.every(probability => probability === 0)) continue
        rows.push(Float64Array.from(row))
        if (word !== undefined) known++
      }
    },
    weights: () => (known === 0 ? undefined : maximizeExpectation(rows, models.length)),
  }
}

/** Weights that change by less than this are found. */
const PRECISION = 1e-6
const MOST_ROUNDS = 1000

function maximizeExpectation(rows: readonly Float64Array[], models: number): number[] {
  let weights = new Float64Array(models).fill(1 / models)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const parts = new Float64Array(models)
    for (const row of rows) {
      const total = row.reduce((sum, probability, model) => sum + (weights[model] as number) * probability, 0)
      for (let model = 0; model < models; model++)
        parts[model] = (parts[model] as number) + ((weights[model] as number) * (row[model] as number)) / total
    }
    const next = parts.map(part => part / rows.length)
    const change = Math.max(...next.map((weight, model) => Math.abs(weight - (weights[model] as number))))
    weights = next
    if (change < PRECISION) break
  }
  return [...weights]
}

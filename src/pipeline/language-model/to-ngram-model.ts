import {type NgramModel, NgramModelBuilder, NO_CONTEXT} from '../decoding/ctc/ngram-model.js'
import {type BackoffModel, countsOf, type NgramLevel} from './backoff-model.js'

/**
 * The model in the form in which words are looked up.
 *
 * @param order only the n-grams up to this order; default: all. What is then the highest order is without backoffs.
 */
export function toNgramModel(model: BackoffModel, order: number = model.levels.length): NgramModel {
  const builder = new NgramModelBuilder(model.words, countsOf(model).slice(0, order))
  // Nodes of the builder are numbered level by level, after the one without words.
  let firstBelow: number = NO_CONTEXT
  let first = NO_CONTEXT + 1
  for (const [index, level] of model.levels.slice(0, order).entries()) {
    addLevel(builder, level, {isFirst: index === 0, isLast: index === order - 1, firstBelow})
    firstBelow = first
    first += level.words.length
  }
  return builder.build(model)
}

interface Place {
  readonly isFirst: boolean
  readonly isLast: boolean
  /** Node of the first n-gram of the level below. */
  readonly firstBelow: number
}

function addLevel(
  builder: NgramModelBuilder,
  {words, contexts, log10, backoffs}: NgramLevel,
  {isFirst, isLast, firstBelow}: Place,
): void {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number
    const context = firstBelow + (contexts[i] ?? 0)
    if (isFirst) builder.addUnigram(word, log10[i] as number, backoffs[i] ?? 0)
    else if (isLast) builder.addLongest(context, word, log10[i] as number)
    else builder.addMiddle(context, word, log10[i] as number, backoffs[i] ?? 0)
  }
}

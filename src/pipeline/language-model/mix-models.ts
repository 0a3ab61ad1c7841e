import type {NgramModel} from '../decoding/ctc/ngram-model.js'
import {type BackoffModel, LOG10_ZERO, type NgramLevel} from './backoff-model.js'
import {normalizeModel} from './normalize-model.js'
import {type NgramWords, scoreNgrams} from './score-ngrams.js'
import {type SharedWords, shareWords} from './share-words.js'
import {toNgramModel} from './to-ngram-model.js'
import {uniteNgrams} from './unite-ngrams.js'

export interface WeightedModel {
  readonly model: BackoffModel
  /** All weights sum to one. */
  readonly weight: number
}

/**
 * One model for some that are interpolated: SRILM's `ngram -mix-lm`, static linear interpolation. It has the n-grams of
 * all of them, each with the weighted sum of the probabilities that they give it (by backoff where they lack it), and
 * backoff weights with which the probabilities after every context sum to one. A word that a model lacks has no
 * probability in it, and is its `<unk>` where it stands before others.
 *
 * The words of the first model keep their numbers, if `<unk>`, `<s>` and `</s>` are its first.
 */
export function mixModels(components: readonly WeightedModel[]): BackoffModel {
  const models = components.map(({model}) => model)
  const shared = shareWords(models)
  const ngrams = uniteNgrams(models, shared)
  const probabilities = ngrams.map(({words}) => new Float64Array(words.length))
  for (const [index, {model, weight}] of components.entries()) {
    const by = inSharedNumbers(toNgramModel(model), shared, index)
    for (const [level, sums] of probabilities.entries()) {
      const scores = scoreNgrams(ngrams, level + 1, 0, by)
      for (let ngram = 0; ngram < sums.length; ngram++)
        sums[ngram] = (sums[ngram] as number) + weight * 10 ** (scores[ngram] as number)
    }
  }
  const levels = ngrams.map((level, index) =>
    scored(level, probabilities[index] as Float64Array, index + 1 === ngrams.length),
  )
  return normalizeModel({words: shared.words, levels, unknown: 0, sentenceStart: 1, sentenceEnd: 2})
}

/** A model that is asked by the shared numbers of words. */
function inSharedNumbers(model: NgramModel, {words, numbers}: SharedWords, index: number): Pick<NgramModel, 'score'> {
  const own = new Int32Array(words.size).fill(-1)
  for (const [word, number] of (numbers[index] ?? []).entries()) own[number] = word
  return {
    score(context, shared) {
      const word = own[shared] as number
      if (word >= 0) return model.score(context, word)
      return {log10: Number.NEGATIVE_INFINITY, context: model.score(context, model.unknown).context}
    },
  }
}

function scored({words, contexts}: NgramWords, probabilities: Float64Array, isLast: boolean): NgramLevel {
  return {
    words,
    contexts,
    log10: Float32Array.from(probabilities, value => (value > 0 ? Math.min(0, Math.log10(value)) : LOG10_ZERO)),
    backoffs: new Float32Array(isLast ? 0 : words.length),
  }
}

import {type BackoffModel, LOG10_ZERO, type NgramLevel} from './backoff-model.js'
import {renormalize} from './renormalize.js'

/**
 * Makes the probabilities of all words sum to one, whatever they come after: 1-grams are scaled, backoff weights are
 * computed anew. `<s>`, which never comes, has the probability 1 as in the models that are made of texts.
 */
export function normalizeModel(model: BackoffModel): BackoffModel {
  const [unigrams, ...above] = model.levels as [NgramLevel, ...NgramLevel[]]
  const {sentenceStart} = model
  const total = unigrams.log10.reduce((sum, value, word) => (word === sentenceStart ? sum : sum + 10 ** value), 0)
  const log10 = unigrams.log10.map(value => Math.max(LOG10_ZERO, value - Math.log10(total)))
  log10[sentenceStart] = 0
  return renormalize({...model, levels: [{...unigrams, log10}, ...above]})
}

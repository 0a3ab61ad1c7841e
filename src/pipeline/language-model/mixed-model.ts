import {LinguluError} from '../errors.js'

/** A model that is mixed into another. */
export interface MixedModel {
  /** An ARPA file, plain or gzipped, or one in `.bin`. */
  readonly model: string
  /** Its part, above 0 and below 1; undefined where it is found on texts. What all leave is the first model's. */
  readonly weight?: number | undefined
}

/**
 * @param isTuned whether there are texts on which the weights are found
 * @throws LinguluError USAGE where it is not clear what weights the models have
 */
export function checkMix(mix: readonly MixedModel[], isTuned: boolean): void {
  if (mix.length === 0 && isTuned)
    throw new LinguluError('USAGE', 'There is a text to find weights on, but no model to mix in.', {
      hint: 'Name one with --mix (mix), or leave --tune (tune) out.',
    })
  for (const {model, weight} of mix) {
    if (isTuned && weight !== undefined)
      throw new LinguluError('USAGE', `${model} has a weight, and a text to find it on.`, {
        hint: 'Leave out the weights of --mix, or --tune (tune).',
      })
    if (!isTuned && weight === undefined)
      throw new LinguluError('USAGE', `${model} is to be mixed in with no weight.`, {
        hint: `Give one, as in --mix ${model}:0.5, or a text to find it on with --tune (tune).`,
      })
    if (weight !== undefined && !(weight > 0 && weight < 1))
      throw new LinguluError('USAGE', `${model}: the weight ${weight} is not between 0 and 1.`, {
        hint: 'The weights of all models, with that of the texts or of --in, sum to 1.',
      })
  }
  const sum = mix.reduce((total, {weight = 0}) => total + weight, 0)
  if (sum >= 1)
    throw new LinguluError('USAGE', `The weights of the models to mix in sum to ${Number(sum.toPrecision(6))}.`, {
      hint: 'Lower them: what they leave of 1 is the weight of the texts, or of the model of --in.',
    })
}

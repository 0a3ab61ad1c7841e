import type {AdamWOptions} from './training-engine.js'

/** Weights, both moments of AdamW and their gradients: vectors of the same length. */
export interface AdamWVectors {
  readonly parameters: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
  readonly gradients: Float32Array
  /** 1 where weights decay, else 0. */
  readonly decayed: Float32Array
}

export interface AdamWStep {
  /** Learning rate. */
  readonly rate: number
  /** What gradients are multiplied by first, to scale and to clip them. */
  readonly factor: number
  /** This step's number; the first is 1. */
  readonly step: number
}

/**
 * One step of AdamW (Loshchilov, Hutter, arXiv:1711.05101), in place. A graph of ONNX Runtime takes longer: it gives new
 * vectors, to be copied back.
 */
export function takeAdamWStep(
  {parameters, first, second, gradients, decayed}: AdamWVectors,
  {rate, factor, step}: AdamWStep,
  {beta1, beta2, epsilon, weightDecay}: Omit<AdamWOptions, 'maxGradientNorm'>,
): void {
  const correctedRate = rate / (1 - beta1 ** step)
  const correction = 1 / Math.sqrt(1 - beta2 ** step)
  const decay = rate * weightDecay
  for (let index = 0; index < parameters.length; index++) {
    const gradient = (gradients[index] as number) * factor
    const mean = (first[index] as number) * beta1 + gradient * (1 - beta1)
    const spread = (second[index] as number) * beta2 + gradient * gradient * (1 - beta2)
    const change = (correctedRate * mean) / (Math.sqrt(spread) * correction + epsilon)
    const weight = parameters[index] as number
    parameters[index] = weight - change - decay * (decayed[index] as number) * weight
    first[index] = mean
    second[index] = spread
  }
}

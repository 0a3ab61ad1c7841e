/** Kept from dividing by zero, as in PyTorch's `clip_grad_norm_`. */
const SMALLEST = 1e-6

/** What gradients are multiplied by before a step, and how long they are when scaled (2-norm over all parameters). */
export interface Clipping {
  readonly factor: number
  readonly norm: number
}

/** Scales gradients, and shortens them to the greatest norm where they are longer. */
export function clippingOf(
  gradients: Float32Array,
  {scale, maxGradientNorm}: {readonly scale: number; readonly maxGradientNorm: number},
): Clipping {
  let sum = 0
  for (let index = 0; index < gradients.length; index++) sum += (gradients[index] as number) ** 2
  const norm = Math.sqrt(sum) * scale
  return {factor: scale * Math.min(1, maxGradientNorm / (norm + SMALLEST)), norm}
}

import type {Weights} from '../tasks/training-task.js'

const LAYER = /^layers\.(\d+)\.(.+)$/

/** What a half layer adds to the states goes through these. */
const OUTPUTS = new Set(
  ['feed_forward1.down', 'attention.out', 'convolution.out', 'feed_forward2.down'].flatMap(name => [
    `${name}.weight`,
    `${name}.bias`,
  ]),
)

/**
 * Weights of a speech encoder of more layers that computes what the given one does, to go on learning with: copies of layers,
 * spread evenly, that add nothing to the states yet (as Wu et al., LLaMA Pro, arXiv:2401.02415). The norm at a layer's end
 * moves behind its copies, and leaves one without gains in its place, which normalises what comes out normalised.
 *
 * @param layers of the new encoder; with no more than the weights have, they are given back as they are
 */
export function deepenEncoder(weights: Weights, layers: number): Weights {
  const known = 1 + Math.max(-1, ...[...weights.keys()].map(name => Number(LAYER.exec(name)?.[1] ?? -1)))
  if (known === 0 || layers <= known) return weights
  const origins = Array.from(
    {length: layers},
    (_, layer) => known - 1 - Math.floor(((layers - 1 - layer) * known) / layers),
  )
  const deep = new Map([...weights].filter(([name]) => !LAYER.test(name)))
  for (const [name, {values, shape}] of weights) {
    const [, layer, part = ''] = LAYER.exec(name) ?? []
    if (layer === undefined) continue
    const first = origins.indexOf(Number(layer))
    const last = origins.lastIndexOf(Number(layer))
    for (let place = first; place <= last; place++) {
      const own = Float32Array.from(values)
      if (place > first && OUTPUTS.has(part)) own.fill(0)
      if (place < last && part === 'norm.weight') own.fill(1)
      if (place < last && part === 'norm.bias') own.fill(0)
      deep.set(`layers.${place}.${part}`, {values: own, shape})
    }
  }
  return deep
}

import type {WhisperTraining} from '../../architectures/whisper-layers.js'
import type {ParameterPlace} from '../../engine/parameters.js'
import type {Values} from '../../engine/training-engine.js'
import {lowRankNames} from '../../layers/low-rank.js'
import type {Weights} from '../training-task.js'

const WEIGHT = '.weight'

/** As PEFT draws changes: A uniform within ±1 ∕ √inputs, B zero, so that the model begins as it was. */
export function drawLowRank(place: ParameterPlace, values: Float32Array, random: () => number): void {
  const {name, shape, start, end} = place
  if (!name.endsWith(lowRankNames('').down)) return
  const bound = 1 / Math.sqrt(shape[0] ?? 1)
  for (let index = start; index < end; index++) values[index] = bound * (2 * random() - 1)
}

/** W + scale · A · B for each matrix that changes; all others as they are. */
export function mergeLowRank(base: Weights, trained: Weights, lowRank: WhisperTraining['lowRank']): Weights {
  if (lowRank === undefined) return new Map([...base, ...trained])
  const merged = new Map(base)
  for (const [name, weight] of base) {
    if (!name.endsWith(WEIGHT)) continue
    const {down, up} = lowRankNames(name.slice(0, -WEIGHT.length))
    const [a, b] = [trained.get(down), trained.get(up)]
    if (a !== undefined && b !== undefined) merged.set(name, changed(weight, a, b, lowRank.scale))
  }
  return merged
}

function changed(
  {values, shape}: Values<Float32Array>,
  a: Values<Float32Array>,
  b: Values<Float32Array>,
  scale: number,
): Values<Float32Array> {
  const [inputs = 0, outputs = 0] = shape
  const rank = a.shape[1] ?? 0
  const merged = Float32Array.from(values)
  for (let input = 0; input < inputs; input++)
    for (let middle = 0; middle < rank; middle++) {
      const factor = scale * (a.values[input * rank + middle] as number)
      for (let output = 0; output < outputs; output++) {
        const at = input * outputs + output
        merged[at] = (merged[at] as number) + factor * (b.values[middle * outputs + output] as number)
      }
    }
  return {values: merged, shape}
}

/**
 * A moving average with weights that fall off exponentially, without the pull towards 0 at the beginning: what TensorBoard
 * shows at that smoothing.
 * @param weight of what came before, from 0 to below 1
 */
export function smooth(values: readonly number[], weight: number): number[] {
  let average = 0
  let total = 0
  return values.map(value => {
    average = average * weight + value * (1 - weight)
    total = total * weight + (1 - weight)
    return average / total
  })
}

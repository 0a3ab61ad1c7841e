/**
 * Brings the `count` best of indices[0 … length) to the front, in no order: the highest scores, the lower index first
 * among equals, so that the choice never depends on the order of the input.
 */
export function selectBest(indices: Int32Array, length: number, count: number, scores: Float64Array): void {
  let low = 0
  let high = length - 1
  while (low < high) {
    const pivot = indices[(low + high) >>> 1] as number
    const pivotScore = scores[pivot] as number
    let i = low
    let j = high
    while (i <= j) {
      while (isBefore(indices[i] as number, pivot, pivotScore, scores)) i++
      while (isAfter(indices[j] as number, pivot, pivotScore, scores)) j--
      if (i > j) break
      const swap = indices[i] as number
      indices[i++] = indices[j] as number
      indices[j--] = swap
    }
    if (count - 1 <= j) high = j
    else if (count - 1 >= i) low = i
    else return
  }
}

function isBefore(index: number, pivot: number, pivotScore: number, scores: Float64Array): boolean {
  const score = scores[index] as number
  return score > pivotScore || (score === pivotScore && index < pivot)
}

function isAfter(index: number, pivot: number, pivotScore: number, scores: Float64Array): boolean {
  const score = scores[index] as number
  return score < pivotScore || (score === pivotScore && index > pivot)
}

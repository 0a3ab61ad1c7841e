import {LinguluError} from '../../errors.js'
import type {InputView} from './prunable-weights.js'

/** Of every `m` weights beside each other along the inputs of a sum, at most `n` are not zero. NVIDIA’s is 2:4. */
export interface NOfM {
  readonly n: number
  readonly m: number
}

const LARGEST_GROUP = 64

/** @throws LinguluError USAGE for what is not `n:m` with 0 < n < m ≤ 64 */
export function parseNOfM(text: string): NOfM {
  const [, n = 0, m = 0] = (/^(\d{1,2}):(\d{1,2})$/.exec(text) ?? []).map(Number)
  if (n > 0 && n < m && m <= LARGEST_GROUP) return {n, m}
  throw new LinguluError('USAGE', `${JSON.stringify(text)} is no pattern n:m.`, {
    hint: 'Of each m weights n stay: 2:4 is what NVIDIA’s sparse kernels take.',
  })
}

/**
 * 1 for each weight that becomes zero: of each group the `n` of largest magnitude stay, the first ones of equals. A last
 * group that is not full is as if zeros followed.
 */
export function zeroesOf(values: Float32Array, {outer, inputs, inner}: InputView, {n, m}: NOfM): Uint8Array {
  const zeroes = new Uint8Array(values.length)
  for (let row = 0; row < outer; row++)
    for (let start = 0; start < inputs; start += m) {
      const size = Math.min(m, inputs - start)
      for (let column = 0; column < inner; column++) {
        const first = (row * inputs + start) * inner + column
        for (let i = 0; i < size; i++) if (rankOf(values, first, inner, size, i) >= n) zeroes[first + i * inner] = 1
      }
    }
  return zeroes
}

/** How many weights of a group are kept rather than its `i`-th. */
function rankOf(values: Float32Array, first: number, stride: number, size: number, i: number): number {
  const own = Math.abs(values[first + i * stride] as number)
  let rank = 0
  for (let j = 0; j < size; j++) {
    const other = Math.abs(values[first + j * stride] as number)
    if (other > own || (other === own && j < i)) rank++
  }
  return rank
}

/** Groups with more than `n` weights that are not zero, and all groups. */
export function countViolations(
  values: Float32Array,
  {outer, inputs, inner}: InputView,
  {n, m}: NOfM,
): {readonly groups: number; readonly violations: number} {
  let groups = 0
  let violations = 0
  for (let row = 0; row < outer; row++)
    for (let start = 0; start < inputs; start += m)
      for (let column = 0; column < inner; column++) {
        let used = 0
        for (let i = start; i < Math.min(inputs, start + m); i++)
          if (values[(row * inputs + i) * inner + column] !== 0) used++
        groups++
        if (used > n) violations++
      }
  return {groups, violations}
}

import type {Ops} from '../engine/ops.js'

export interface GroupedConvolutionOptions {
  /** Frames that are seen at once. */
  readonly kernel: number
  /** Groups of channels that do not hear each other. */
  readonly groups: number
  /** Default: true. */
  readonly trainable?: boolean | undefined
}

/** So many places of the kernel go into one product: with more, unfolded frames take more memory than they save time. */
const BLOCK = 32

/**
 * A convolution over time in groups of channels, [batch, time, channels] → the same, under weight normalisation over the
 * places of the kernel (Salimans, Kingma, arXiv:1602.07868; PyTorch's `weight_norm` with `dim=2`). Zeros before and after
 * keep the length: of an even kernel one less after.
 *
 * Weights: magnitudes `.weight_g` [kernel, 1, 1]; directions `.weight_v.N` [kernel, inputs, outputs] of each group, so that
 * the gradient of one group is not filled up with zeros for all others; `.bias` [channels].
 */
export function groupedConvolution<T>(
  ops: Ops<T>,
  x: T,
  name: string,
  {kernel, groups, trainable = true}: GroupedConvolutionOptions,
): T {
  const channels = Number(ops.shapeOf(x).at(-1))
  const size = channels / groups
  const before = Math.floor(kernel / 2)
  const padded = ops.pad(x, 1, before, kernel - 1 - before)
  const directions = Array.from({length: groups}, (_, group) =>
    ops.parameter(`${name}.weight_v.${group}`, [kernel, size, size], {trainable}),
  )
  const scale = ops.divide(ops.parameter(`${name}.weight_g`, [kernel, 1, 1], {trainable}), lengths(ops, directions))
  const heard = directions.map((direction, group) =>
    convolve(ops, ops.slice(padded, 2, group * size, (group + 1) * size), ops.multiply(direction, scale)),
  )
  return ops.add(ops.concatenate(heard, 2), ops.parameter(`${name}.bias`, [channels], {trainable}))
}

/** Euclidean, of all groups together at each place of the kernel: [kernel, 1, 1]. */
function lengths<T>(ops: Ops<T>, directions: readonly T[]): T {
  const squares = directions.map(direction => ops.sum(ops.multiply(direction, direction), [1, 2], true))
  return ops.sqrt(squares.reduce((sum, square) => ops.add(sum, square)))
}

/** One group: [batch, time + kernel − 1, inputs] by [kernel, inputs, outputs]. */
function convolve<T>(ops: Ops<T>, x: T, weight: T): T {
  const [kernel = 0, , outputs = 0] = ops.shapeOf(weight).map(Number)
  const parts: T[] = []
  const unfolded = new Map<number, T>()
  for (let start = 0; start < kernel; start += BLOCK) {
    const taps = Math.min(BLOCK, kernel - start)
    const windows = unfolded.get(taps) ?? slidingWindows(ops, x, taps)
    unfolded.set(taps, windows)
    const here = ops.slice(windows, 1, start, start + taps - kernel)
    const block = ops.slice(weight, 0, start, start + taps)
    parts.push(ops.matMul(here, ops.reshape(block, [-1, outputs])))
  }
  return parts.reduce((sum, part) => ops.add(sum, part))
}

/** `taps` frames side by side from each one on: [batch, time, channels] → [batch, time − taps + 1, taps × channels]. */
export function slidingWindows<T>(ops: Ops<T>, x: T, taps: number): T {
  if (taps === 1) return x
  const fewer = taps % 2 === 0 ? taps / 2 : taps - 1
  const first = slidingWindows(ops, x, fewer)
  const second = taps % 2 === 0 ? first : x
  return ops.concatenate([ops.slice(first, 1, 0, fewer - taps), ops.slice(second, 1, fewer, 0)], 2)
}

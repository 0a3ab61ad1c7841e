import type {Wav2Vec2Config} from '../../../export/wav2vec2/config.js'
import {transpose} from '../../../onnx/quantize/transpose.js'

/** How a weight of the model that is trained stands in a checkpoint. */
export interface TensorPlace {
  /** Its tensor; the names that it may have, where there are several. */
  readonly names: readonly string[]
  /** The tensor's shape. */
  readonly shape: readonly number[]
  /** The part of the tensor that it is; all of it where there is none. */
  readonly rows?: {readonly start: number; readonly end: number} | undefined
  readonly toOwn: (part: Float32Array) => Float32Array
  readonly toTheirs: (own: Float32Array) => Float32Array
}

const same = (values: Float32Array) => values

/**
 * Where a weight of `architectures/wav2vec2.ts` stands in a checkpoint of transformers: matrices are transposed there, and
 * the positional convolution has one tensor [channels, channels ∕ groups, kernel] of directions for all groups.
 */
export function placeInCheckpoint(
  name: string,
  shape: readonly number[],
  {hidden_size: width, num_conv_pos_embeddings: kernel, num_conv_pos_embedding_groups: groups}: Wav2Vec2Config,
): TensorPlace {
  const [, convolution = '', kind, group] = /^(.*)\.weight_([gv])(?:\.(\d+))?$/.exec(name) ?? []
  if (kind === 'g') {
    return {names: normNames(convolution, 'g'), shape: [1, 1, kernel], toOwn: same, toTheirs: same}
  }
  if (kind === 'v') {
    const size = width / groups
    const start = Number(group) * size
    const sizes = [size, size, kernel] as const
    return {
      names: normNames(convolution, 'v'),
      shape: [width, size, kernel],
      rows: {start, end: start + size},
      toOwn: values => reversed(values, sizes),
      toTheirs: values => reversed(values, [kernel, size, size]),
    }
  }
  const [rows = 0, columns = 0] = shape
  if (shape.length < 2) return {names: [name], shape, toOwn: same, toTheirs: same}
  return {
    names: [name],
    shape: [columns, rows],
    toOwn: values => transpose(values, columns, rows),
    toTheirs: values => transpose(values, rows, columns),
  }
}

/** PyTorch's elder and newer names of the parts of a weight under weight normalisation. */
function normNames(convolution: string, part: 'g' | 'v'): readonly string[] {
  return [`${convolution}.weight_${part}`, `${convolution}.parametrizations.weight.original${part === 'g' ? 0 : 1}`]
}

/** [a, b, c] with the axes in the opposite order. */
function reversed(values: Float32Array, [a, b, c]: readonly [number, number, number]): Float32Array {
  const turned = new Float32Array(values.length)
  let from = 0
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) turned[(k * b + j) * a + i] = values[from++] as number
  return turned
}

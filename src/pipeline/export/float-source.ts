import {LinguluError} from '../errors.js'
import type {WeightSource} from '../onnx/model.js'
import {float16ToFloat32} from '../runtime/float16.js'
import type {ElementType, StoredTensor} from './safetensors-types.js'

type Decode = (bytes: Uint8Array) => Float32Array

/** The types that become floats, with the bytes of one element. */
const DECODERS: Readonly<Partial<Record<ElementType, {readonly bytes: number; readonly decode: Decode}>>> = {
  F32: {bytes: 4, decode: bytes => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)},
  F16: {
    bytes: 2,
    decode: bytes => float16ToFloat32(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)),
  },
  BF16: {bytes: 2, decode: bfloat16ToFloat32},
  F64: {
    bytes: 8,
    decode: bytes => Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)),
  },
}

/** A bfloat16 is the upper half of a float. */
function bfloat16ToFloat32(bytes: Uint8Array): Float32Array {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16
  return new Float32Array(words.buffer)
}

/**
 * A tensor of a checkpoint as floats of 32 bits, converted piece by piece when it is read.
 *
 * @throws LinguluError MODEL_INVALID for a tensor of integers at once; when it is read, for a weight that is not finite.
 */
export function floatSource(tensor: StoredTensor): WeightSource {
  const decoder = DECODERS[tensor.type]
  if (decoder === undefined)
    throw new LinguluError(
      'MODEL_INVALID',
      `${tensor.path}: tensor ${JSON.stringify(tensor.name)} is of type ${tensor.type}.`,
      {
        hint: 'Only weights in F32, F16, BF16 or F64 are exported: take the checkpoint from before it was quantised.',
      },
    )
  const {bytes, decode} = decoder
  return {
    byteLength: (tensor.source.byteLength / bytes) * 4,
    async read(start, end) {
      const first = Math.floor(start / 4)
      const stored = await tensor.source.read(first * bytes, Math.ceil(end / 4) * bytes)
      const floats = decode(stored.byteOffset % bytes === 0 ? stored : stored.slice())
      checkFinite(tensor, floats, first)
      return new Uint8Array(floats.buffer, floats.byteOffset + start - first * 4, end - start)
    },
  }
}

/** All floats of a tensor. */
export async function readFloats(source: WeightSource): Promise<Float32Array> {
  const bytes = await source.read(0, source.byteLength)
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}

function checkFinite({path, name, shape}: StoredTensor, floats: Float32Array, first: number): void {
  for (let i = 0; i < floats.length; i++) {
    if (Number.isFinite(floats[i])) continue
    throw new LinguluError(
      'MODEL_INVALID',
      `${path}: tensor ${JSON.stringify(name)} of shape [${shape.join(', ')}] has ${floats[i]} at element ${first + i}.`,
      {hint: 'The training that made these weights has diverged, or the file is damaged: take an earlier checkpoint.'},
    )
  }
}

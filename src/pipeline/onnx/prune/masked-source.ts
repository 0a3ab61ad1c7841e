import type {WeightSource} from '../model.js'
import {bytesPerElement, decodeFloats, type FloatKind} from './float-pieces.js'
import {type NOfM, zeroesOf} from './n-of-m.js'
import type {InputView} from './prunable-weights.js'

/** Weights with zeros where their magnitude is below the cut, or equal to it before the element `tieEnd`. */
export function withoutSmallest(
  source: WeightSource,
  kind: FloatKind,
  {magnitude, tieEnd}: {readonly magnitude: number; readonly tieEnd: number},
): WeightSource {
  const size = bytesPerElement(kind)
  return maskedSource(source, size, (bytes, first) => {
    const values = decodeFloats(bytes, kind)
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
    return index => {
      const word = (words[index] ?? 0) & 0x7fffffff
      return word < magnitude || (word === magnitude && first + index < tieEnd)
    }
  })
}

/** Weights with zeros where {@link zeroesOf} puts them: of each group of `m` inputs, `n` stay. */
export function withNOfM(source: WeightSource, kind: FloatKind, view: InputView, pattern: NOfM): WeightSource {
  const whole = view.inputs % pattern.m === 0
  const block = (whole ? pattern.m : view.inputs) * view.inner * bytesPerElement(kind)
  const blockView = whole ? {outer: 1, inputs: pattern.m, inner: view.inner} : {...view, outer: 1}
  return maskedSource(
    source,
    block,
    bytes => {
      const values = decodeFloats(bytes, kind)
      const blocks = (values.length / view.inner / blockView.inputs) | 0
      const zeroes = zeroesOf(values, {...blockView, outer: blocks}, pattern)
      return index => zeroes[index] === 1
    },
    bytesPerElement(kind),
  )
}

type Masking = (bytes: Uint8Array, firstElement: number) => (index: number) => boolean

/** Reads whole blocks, and sets to zero what the mask of them says. */
function maskedSource(source: WeightSource, block: number, mask: Masking, size = block): WeightSource {
  return {
    byteLength: source.byteLength,
    async read(start, end) {
      const from = start - (start % block)
      const to = Math.min(source.byteLength, Math.ceil(end / block) * block)
      const bytes = new Uint8Array(await source.read(from, to))
      const isZero = mask(bytes.slice(), from / size)
      const elements = size === 4 ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer)
      for (let index = 0; index < elements.length; index++) if (isZero(index)) elements[index] = 0
      return bytes.subarray(start - from, end - from)
    },
  }
}

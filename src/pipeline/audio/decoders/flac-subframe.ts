import type {FlacBits} from './flac-bits.js'

const CONSTANT = 0
const VERBATIM = 1
const FIXED = 8
const LPC = 32
const MAX_ORDER = 32

/** Coefficients of the fixed predictors of order 0 to 4. */
const FIXED_COEFFICIENTS = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]]

/**
 * One channel of a frame (RFC 9639, section 9.2) as integers; undefined if it breaks the format's rules.
 * They are kept in doubles, which hold every intermediate sum of even 32-bit audio exactly.
 */
export function decodeSubframe(bits: FlacBits, blockSize: number, bitsPerSample: number): Float64Array | undefined {
  const isPadded = bits.read(1) === 1
  const type = bits.read(6)
  const wastedBits = bits.read(1) === 1 ? bits.readUnary() + 1 : 0
  const width = bitsPerSample - wastedBits
  if (isPadded || width < 1) return undefined
  const samples = new Float64Array(blockSize)
  if (!readSamples(bits, type, width, samples)) return undefined
  if (wastedBits > 0) for (let i = 0; i < blockSize; i++) samples[i] = (samples[i] as number) * 2 ** wastedBits
  return samples
}

function readSamples(bits: FlacBits, type: number, width: number, samples: Float64Array): boolean {
  if (type === CONSTANT) samples.fill(bits.readSigned(width))
  else if (type === VERBATIM) readPlain(bits, width, samples, samples.length)
  else if (type >= FIXED && type < FIXED + FIXED_COEFFICIENTS.length)
    return readFixed(bits, type - FIXED, width, samples)
  else if (type >= LPC) return readLinear(bits, type - LPC + 1, width, samples)
  else return false
  return true
}

function readPlain(bits: FlacBits, width: number, samples: Float64Array, count: number): void {
  for (let i = 0; i < count && !bits.overrun(); i++) samples[i] = bits.readSigned(width)
}

function readFixed(bits: FlacBits, order: number, width: number, samples: Float64Array): boolean {
  if (order > samples.length) return false
  readPlain(bits, width, samples, order)
  if (!readResidual(bits, order, samples)) return false
  predict(samples, Float64Array.from(FIXED_COEFFICIENTS[order] ?? []), 0)
  return true
}

function readLinear(bits: FlacBits, order: number, width: number, samples: Float64Array): boolean {
  if (order > MAX_ORDER || order > samples.length) return false
  readPlain(bits, width, samples, order)
  const precision = bits.read(4) + 1
  const shift = bits.readSigned(5)
  if (precision === 16 || shift < 0) return false
  const coefficients = Float64Array.from({length: order}, () => bits.readSigned(precision))
  if (!readResidual(bits, order, samples)) return false
  predict(samples, coefficients, shift)
  return true
}

/** Rice-coded differences, written behind the `order` samples that start the prediction. */
function readResidual(bits: FlacBits, order: number, samples: Float64Array): boolean {
  const method = bits.read(2)
  const partitions = 1 << bits.read(4)
  const partitionSamples = samples.length / partitions
  if (method > 1 || !Number.isInteger(partitionSamples) || partitionSamples < order) return false
  const parameterBits = method === 0 ? 4 : 5
  const escapeCode = (1 << parameterBits) - 1
  for (let partition = 0; partition < partitions && !bits.overrun(); partition++) {
    const from = partition === 0 ? order : partition * partitionSamples
    const to = (partition + 1) * partitionSamples
    const parameter = bits.read(parameterBits)
    if (parameter !== escapeCode) bits.readRice(parameter, samples, from, to)
    else readEscaped(bits, bits.read(5), samples, from, to)
  }
  return true
}

function readEscaped(bits: FlacBits, width: number, samples: Float64Array, from: number, to: number): void {
  for (let i = from; i < to && !bits.overrun(); i++) samples[i] = width === 0 ? 0 : bits.readSigned(width)
}

/** Adds to every difference what the samples before it predict. */
function predict(samples: Float64Array, coefficients: Float64Array, shift: number): void {
  const order = coefficients.length
  const scale = 2 ** -shift
  for (let i = order; i < samples.length; i++) {
    let sum = 0
    for (let j = 0; j < order; j++) sum += (coefficients[j] as number) * (samples[i - 1 - j] as number)
    samples[i] = (samples[i] as number) + Math.floor(sum * scale)
  }
}

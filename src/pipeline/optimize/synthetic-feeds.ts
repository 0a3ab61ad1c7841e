import {loadOnnxRuntime} from '../runtime/onnx-runtime.js'
import type {Feeds} from '../runtime/recording-session.js'
import type {Session, TensorInfo} from '../runtime/session.js'
import {type FloatType, floatTensor} from '../runtime/tensor.js'

/**
 * Made-up inputs for a model, by the names and shapes of its inputs: the same ones each time. Several ways to choose the
 * sizes that are not fixed, the likeliest first; each with the switch of a merged decoder on and off.
 */
export async function* syntheticFeeds({inputs}: Pick<Session, 'inputs'>): AsyncGenerator<readonly Feeds[]> {
  const switches = [...inputs].filter(([, {type}]) => type === 'bool').map(([name]) => name)
  for (const sizes of SIZES) {
    const runs: Feeds[] = []
    for (const on of switches.length === 0 ? [false] : [false, true]) runs.push(await makeFeeds(inputs, sizes, on))
    yield runs
  }
}

type SizeOf = (dimension: string, input: string) => number

/** Samples of a recording: the convolutions of wav2vec 2.0 need some hundred. */
const WAVEFORM_SAMPLES = 8000

const byName =
  (other: number): SizeOf =>
  (dimension, input) => {
    if (/batch|windows|rows/i.test(dimension)) return 1
    if (/past/i.test(dimension) || (/^past/.test(input) && !/encoder/.test(input))) return 3
    return input === 'input_values' ? WAVEFORM_SAMPLES : other
  }

const SIZES: readonly SizeOf[] = [byName(4), byName(100), byName(1), () => 1, () => WAVEFORM_SAMPLES]

async function makeFeeds(inputs: Session['inputs'], sizeOf: SizeOf, on: boolean): Promise<Feeds> {
  const {Tensor} = await loadOnnxRuntime()
  const feeds: Record<string, Feeds[string]> = {}
  for (const [name, {type, shape}] of inputs) {
    const dims = shape.map((size, axis) =>
      typeof size === 'number' && size >= 0 ? size : sizeOf(String(size) || `${axis}`, name),
    )
    const count = dims.reduce((product, size) => product * size, 1)
    if (type === 'bool') feeds[name] = new Tensor('bool', new Uint8Array(count).fill(on ? 1 : 0), dims)
    else if (type === 'int64') feeds[name] = new Tensor('int64', BigInt64Array.from(integers(count), BigInt), dims)
    else if (type === 'int32') feeds[name] = new Tensor('int32', Int32Array.from(integers(count)), dims)
    else feeds[name] = floatTensor(floatType(type, name), noise(count), dims)
  }
  return feeds
}

function floatType(type: TensorInfo['type'], name: string): FloatType {
  if (type === 'float32' || type === 'float16') return type
  throw new TypeError(`the input ${name} is of type ${type}`)
}

/** Small ones, which are tokens of every vocabulary. */
const integers = (count: number): number[] => Array.from({length: count}, (_, index) => 1 + (index % 7))

/** Between −1 and 1, by a linear congruential generator. */
function noise(count: number): Float32Array {
  let state = 1
  return Float32Array.from({length: count}, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  })
}

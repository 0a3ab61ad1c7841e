import {createHash} from 'node:crypto'
import {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../errors.js'
import {readSafetensors} from '../export/safetensors-read.js'
import type {ElementType, StoredTensor} from '../export/safetensors-types.js'
import type {Feeds} from '../runtime/recording-session.js'
import type {Session} from '../runtime/session.js'
import {floatsOf, floatTensor} from '../runtime/tensor.js'

/* Loads the native library on import: for processes that run models only. */

/** What a graph was fed once; its tensors are read when it is fed again. */
export interface FeedSample {
  readonly sample: string
  readonly bytes: number
  /** In the types that the session's inputs have: halves and floats are made of each other. */
  feedsFor(session: Session): Promise<Feeds>
}

/**
 * The samples of a feeds file (tensors named `<sample>/<input name>`), in order.
 *
 * @throws LinguluError INPUT_MISSING, MODEL_INVALID
 */
export async function openFeedSamples(path: string): Promise<FeedSample[]> {
  const {tensors} = await readSafetensors(path)
  const samples = new Map<string, StoredTensor[]>()
  for (const tensor of tensors.values()) {
    const [sample = ''] = tensor.name.split('/', 1)
    const known = samples.get(sample)
    if (known === undefined) samples.set(sample, [tensor])
    else known.push(tensor)
  }
  return [...samples]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([sample, stored]) => ({
      sample,
      bytes: stored.reduce((sum, {source}) => sum + source.byteLength, 0),
      feedsFor: session => readFeeds(session, sample, stored),
    }))
}

/** So many of the samples, in their order: always the same ones, of all recordings and of early and late runs. */
export function drawSamples(samples: readonly FeedSample[], count: number): FeedSample[] {
  const order = ({sample}: FeedSample) => createHash('sha256').update(sample).digest('hex')
  const drawn = new Set([...samples].sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, count))
  return samples.filter(sample => drawn.has(sample))
}

async function readFeeds(session: Session, sample: string, stored: readonly StoredTensor[]): Promise<Feeds> {
  const feeds: Record<string, Tensor> = {}
  for (const tensor of stored) {
    const name = tensor.name.slice(sample.length + 1)
    const wanted = session.inputs.get(name)?.type
    // A graph made from another may have lost an input that nothing read.
    if (wanted !== undefined) feeds[name] = inType(await readTensor(tensor), wanted)
  }
  const missing = [...session.inputs.keys()].filter(name => feeds[name] === undefined)
  if (missing.length > 0)
    throw new LinguluError('MODEL_INVALID', `${session.path} wants ${missing.join(', ')}, which was never recorded.`)
  return feeds
}

const RUNTIME_TYPES: Partial<Record<ElementType, Tensor.Type>> = {
  F32: 'float32',
  F16: 'float16',
  F64: 'float64',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
}

const VIEWS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const

async function readTensor({type, shape, source, path, name}: StoredTensor): Promise<Tensor> {
  const runtimeType = RUNTIME_TYPES[type]
  if (runtimeType === undefined || !(runtimeType in VIEWS))
    throw new LinguluError('MODEL_INVALID', `${path}: ${name} is of ${type}, which no model takes.`)
  const bytes = await source.read(0, source.byteLength)
  const View = VIEWS[runtimeType as keyof typeof VIEWS]
  // A copy that begins at the beginning of its buffer, as views of larger elements must.
  const data = new View(bytes.slice().buffer)
  return Reflect.construct(Tensor, [runtimeType, data, shape])
}

function inType(tensor: Tensor, wanted: Tensor.Type): Tensor {
  const isFloat = (type: string) => type === 'float32' || type === 'float16'
  if (tensor.type === wanted || !isFloat(tensor.type) || !isFloat(wanted)) return tensor
  return floatTensor(wanted === 'float16' ? 'float16' : 'float32', floatsOf(tensor), tensor.dims)
}

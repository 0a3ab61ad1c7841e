import {createHash} from 'node:crypto'
import {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../errors.js'
import {readSafetensors} from '../export/safetensors-read.js'
import type {StoredTensor} from '../export/safetensors-types.js'
import type {Feeds} from '../runtime/recording-session.js'
import type {Session} from '../runtime/session.js'
import {floatsOf, floatTensor} from '../runtime/tensor.js'
import {FEED_ARRAYS, feedTypeOf} from './feed-types.js'

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

async function readTensor({type: stored, shape, source, path, name}: StoredTensor): Promise<Tensor> {
  const type = feedTypeOf(stored)
  if (type === undefined)
    throw new LinguluError('MODEL_INVALID', `${path}: ${name} is of ${stored}, which no model takes.`)
  const bytes = await source.read(0, source.byteLength)
  const {[type]: Elements} = FEED_ARRAYS
  // A copy that begins at the beginning of its buffer, as views of larger elements must.
  const data = new Elements(bytes.slice().buffer)
  return Reflect.construct(Tensor, [type, data, shape])
}

function inType(tensor: Tensor, wanted: Tensor.Type): Tensor {
  const isFloat = (type: string) => type === 'float32' || type === 'float16'
  if (tensor.type === wanted || !isFloat(tensor.type) || !isFloat(wanted)) return tensor
  return floatTensor(wanted === 'float16' ? 'float16' : 'float32', floatsOf(tensor), tensor.dims)
}

import {type FileHandle, open} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {readSafetensors, type SafetensorsFile} from '../export/safetensors-read.js'
import type {StoredTensor} from '../export/safetensors-types.js'
import {type NewTensor, writeSafetensors} from '../export/safetensors-write.js'
import {fileSource} from '../onnx/file-source.js'
import {withScratchFolder} from '../transcripts/draft-folder.js'
import {FEED_ARRAYS, type FeedType, feedTypeOf, STORED_TYPES} from './feed-types.js'

/** What one input of a model is given. */
export interface Feed {
  readonly type: FeedType
  readonly shape: readonly number[]
  readonly data: InstanceType<(typeof FEED_ARRAYS)[FeedType]>
}

/** What a model is given in one run, by the names of its inputs. */
export interface CalibrationSample {
  readonly sample: string
  readonly feeds: Readonly<Record<string, Feed>>
}

const Samples = z.array(z.string())
/** Metadata of our files: the samples in their order. Other files have them in the order of their tensors. */
const ORDER = 'samples'

/**
 * The samples of a calibration file: safetensors whose tensors are named `<sample>/<input name>`, where a `/` in the name
 * of a sample is `%2F` and a `%` is `%25`. They are read one at a time, each time that they are iterated over.
 *
 * @throws LinguluError INPUT_MISSING, MODEL_INVALID for a file that is no whole safetensors file; CONFIG_INVALID for one
 *   with other tensors or without any. While it is iterated over.
 */
export function readFeeds(path: string): AsyncIterable<CalibrationSample> {
  return {
    async *[Symbol.asyncIterator]() {
      for (const [sample, tensors] of samplesOf(await readSafetensors(path))) {
        const feeds: Record<string, Feed> = {}
        for (const [input, tensor] of tensors) feeds[input] = await toFeed(tensor)
        yield {sample, feeds}
      }
    },
  }
}

function samplesOf({path, metadata, tensors}: SafetensorsFile): ReadonlyMap<string, ReadonlyMap<string, StoredTensor>> {
  const samples = new Map<string, Map<string, StoredTensor>>(
    orderOf(path, metadata[ORDER]).map(name => [name, new Map()]),
  )
  for (const tensor of tensors.values()) {
    const slash = tensor.name.indexOf('/')
    if (slash < 1 || slash === tensor.name.length - 1)
      throw invalid(path, `tensor ${JSON.stringify(tensor.name)} is not named "<sample>/<input name>"`)
    const sample = decode(tensor.name.slice(0, slash))
    const inputs = samples.get(sample) ?? new Map<string, StoredTensor>()
    samples.set(sample, inputs.set(tensor.name.slice(slash + 1), tensor))
  }
  if (samples.size === 0) throw invalid(path, 'it has no samples')
  return samples
}

function orderOf(path: string, text: string | undefined): readonly string[] {
  if (text === undefined) return []
  try {
    return Samples.parse(JSON.parse(text))
  } catch (cause) {
    throw invalid(path, `its metadata ${JSON.stringify(ORDER)} is not a list of names`, cause)
  }
}

const encode = (sample: string): string => sample.replaceAll('%', '%25').replaceAll('/', '%2F')
const decode = (name: string): string => name.replaceAll('%2F', '/').replaceAll('%25', '%')

async function toFeed({name, path, type: stored, shape, source}: StoredTensor): Promise<Feed> {
  const type = feedTypeOf(stored)
  if (type === undefined)
    throw invalid(path, `tensor ${JSON.stringify(name)} is of type ${stored}, which no input takes`)
  // Of its own, so that elements of any size stand where they must.
  const {buffer, byteLength} = new Uint8Array(await source.read(0, source.byteLength))
  const {[type]: Elements} = FEED_ARRAYS
  const data = new Elements(buffer, 0, byteLength / Elements.BYTES_PER_ELEMENT)
  return {type, shape, data}
}

const invalid = (path: string, problem: string, cause?: unknown): LinguluError =>
  new LinguluError('CONFIG_INVALID', `${path} is not a calibration file: ${problem}.`, {
    cause,
    hint: 'It is a safetensors file with a tensor "<sample>/<input name>" for each input of each sample.',
  })

export interface WriteFeedsOptions {
  /** Replace a file that is there. Default: refuse. */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes a calibration file: whole or not at all. Samples go through a temporary file, so that memory does not grow with
 * them.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED; the signal's reason; RangeError for a sample that comes twice
 */
export async function writeFeeds(
  path: string,
  samples: AsyncIterable<CalibrationSample> | Iterable<CalibrationSample>,
  {overwrite, signal}: WriteFeedsOptions = {},
): Promise<void> {
  await withScratchFolder(path, async folder => {
    const spool = join(folder, 'spool')
    const file = await open(spool, 'wx')
    const {names, tensors} = await spoolSamples(samples, {file, spool, signal}).finally(() => file.close())
    await writeSafetensors(path, tensors, {metadata: {[ORDER]: JSON.stringify(names)}, overwrite, signal})
  })
}

async function spoolSamples(
  samples: AsyncIterable<CalibrationSample> | Iterable<CalibrationSample>,
  {file, spool, signal}: {readonly file: FileHandle; readonly spool: string; readonly signal: AbortSignal | undefined},
) {
  const names = new Set<string>()
  const tensors: NewTensor[] = []
  let position = 0
  for await (const {sample, feeds} of samples) {
    signal?.throwIfAborted()
    if (names.has(sample)) throw new RangeError(`sample ${sample} comes twice`)
    names.add(sample)
    for (const [input, {type, shape, data}] of Object.entries(feeds)) {
      await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      const source = fileSource(spool, position, data.byteLength)
      tensors.push({name: `${encode(sample)}/${input}`, type: STORED_TYPES[type], shape, source})
      position += data.byteLength
    }
  }
  return {names: [...names], tensors}
}

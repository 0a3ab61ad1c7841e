import {type FileHandle, open} from 'node:fs/promises'
import {parentPort, workerData} from 'node:worker_threads'
import {openAugmenter} from '../../augmentation/open-augmenter.js'
import {seededRandom} from '../../decoding/random.js'
import {toErrorRecord} from '../../errors.js'
import {readingsOf} from '../tasks/training-task.js'
import {computeFeatures, type RowFeatures, stackRows} from './compute-features.js'
import {decodeParts, decodeSamples, fromSixteenBits, toSixteenBits} from './decode-recording.js'
import type {FeatureRow, FeatureThreadData, FromFeatureThread, SoundPlace, ToFeatureThread} from './feature-protocol.js'
import {stringTogether} from './string-together.js'

// The entry of a thread that decodes recordings, augments them and computes features.

// What startThread was given by FeatureThreads.
const data = workerData as FeatureThreadData
const port = parentPort
if (port === null) throw new Error('This module is the entry of a thread.')
const {augmenter} = await openAugmenter(data.augmentation)
let spool: FileHandle | undefined

type FeatureJob = Extract<ToFeatureThread, {readonly type: 'features'}>

async function samplesOf(place: SoundPlace): Promise<Float32Array> {
  if (place.kind === 'file') {
    const decoded = await decodeSamples(place.recording, data)
    return fromSixteenBits(toSixteenBits(decoded))
  }
  spool ??= await open(data.spool ?? '', 'r')
  const bytes = new Uint8Array(place.samples * Int16Array.BYTES_PER_ELEMENT)
  await spool.read(bytes, 0, bytes.length, place.start * Int16Array.BYTES_PER_ELEMENT)
  return fromSixteenBits(new Int16Array(bytes.buffer))
}

/** One reading of a row, or several that are masked differently. */
async function rowFeatures(
  {parts, gapSeconds, key}: FeatureRow,
  {settings, augment}: FeatureJob,
): Promise<readonly RowFeatures[]> {
  const random = seededRandom('row', data.seed, key)
  const sounds: Float32Array[] = []
  for (const part of parts) sounds.push(await samplesOf(part))
  const joined = stringTogether(sounds, gapSeconds, random)
  const heard = augment ? augmenter.augmentAudio(joined, random).samples : joined
  const row = computeFeatures(heard, settings)
  if (!augment || settings.kind === 'samples') return [row]
  return Array.from({length: readingsOf(settings)}, () => {
    const values = row.values.slice()
    values.set(augmenter.augmentFeatures(row.values.subarray(0, row.length * row.width), row.width, random))
    return {...row, values}
  })
}

async function answer(message: ToFeatureThread): Promise<FromFeatureThread> {
  const {id} = message
  try {
    if (message.type === 'decode') {
      const decoded = await decodeParts(message, message.clips, data)
      return {
        type: 'decoded',
        id,
        parts: decoded.map(part => (part instanceof Error ? part.message : toSixteenBits(part))),
      }
    }
    const rows: RowFeatures[] = []
    for (const row of message.rows) rows.push(...(await rowFeatures(row, message)))
    return {type: 'features', id, ...stackRows(rows, message.settings.multiple)}
  } catch (error) {
    return {type: 'failed', id, error: toErrorRecord(error)}
  }
}

function transferred(made: FromFeatureThread): ArrayBuffer[] {
  const arrays =
    made.type === 'decoded'
      ? made.parts.filter(part => typeof part !== 'string')
      : 'features' in made
        ? [made.features]
        : []
  return arrays.map(({buffer}) => buffer as ArrayBuffer)
}

let busy = Promise.resolve()
port.on('message', (message: ToFeatureThread) => {
  busy = busy.then(async () => {
    const made = await answer(message)
    port.postMessage(made, transferred(made))
  })
})

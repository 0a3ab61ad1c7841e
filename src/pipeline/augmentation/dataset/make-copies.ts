import {toDecibels} from '../../audio/decibels.js'
import {encodeFlac} from '../../audio/encoders/flac.js'
import {encodeWav, toInt16} from '../../audio/encoders/wav.js'
import {amplify} from '../../audio/normalize-level.js'
import {readAudio} from '../../audio/read-audio.js'
import {SAMPLE_RATE_HZ} from '../../audio/source.js'
import type {Utterance} from '../../datasets/utterance.js'
import {seededRandom} from '../../decoding/random.js'
import {LinguluError} from '../../errors.js'
import {createClipper} from '../../runtime/clip-samples.js'
import type {AppliedStep} from '../applied-step.js'
import {toRange} from '../augmentation-config.js'
import {type AugmentedAudio, type Augmenter, createAugmenter} from '../augmenter.js'
import {drawInteger, drawItem} from '../draw.js'
import {throughLossyCodec} from '../lossy-codec.js'
import {peakOf} from '../signal-power.js'
import type {AugmentationSounds} from '../sound.js'
import type {DatasetAugmentation} from './dataset-augmentation.js'

/** What all copies of a run have in common. Plain data: it crosses threads. */
export interface CopySettings {
  readonly config: DatasetAugmentation
  readonly sounds: AugmentationSounds
  readonly seed: number
  readonly format: 'wav' | 'flac'
}

/** Copies of one utterance that are to be made, by their numbers. */
export interface CopyJob {
  readonly utterance: Pick<Utterance, 'id' | 'clip' | 'channel'> & {readonly audio: string}
  readonly copies: readonly number[]
}

export interface MadeCopy {
  readonly copy: number
  /** The file. */
  readonly bytes: Uint8Array
  readonly seconds: number
  readonly applied: readonly AppliedStep[]
}

/** Makes the copies of one utterance after the other. */
export type CopyMaker = (job: CopyJob) => Promise<readonly MadeCopy[]>

/**
 * What is drawn depends on the seed, the number of the copy and the id of the utterance alone.
 *
 * @returns a function that throws what `readAudio` throws; FFMPEG_MISSING, AUDIO_UNSUPPORTED
 */
export function createCopyMaker({config, sounds, seed, format}: CopySettings): CopyMaker {
  const {lossy_codec: lossy, ...rest} = config
  const augmenter = createAugmenter(rest, sounds)
  const encode = format === 'flac' ? encodeFlac : encodeWav
  return async ({utterance, copies}) => {
    const samples = await loadUtterance(utterance)
    const made: MadeCopy[] = []
    for (const copy of copies) {
      const random = seededRandom(seed, copy, utterance.id)
      const audio = withinFullScale(await change(samples, {augmenter, lossy, random}))
      const bytes = encode(toInt16(audio.samples), SAMPLE_RATE_HZ)
      made.push({copy, bytes, seconds: audio.samples.length / SAMPLE_RATE_HZ, applied: audio.applied})
    }
    return made
  }
}

interface Changing {
  readonly augmenter: Augmenter
  readonly lossy: DatasetAugmentation['lossy_codec']
  readonly random: () => number
}

async function change(samples: Float32Array, {augmenter, lossy, random}: Changing): Promise<AugmentedAudio> {
  const augmented = augmenter.augmentAudio(samples, random)
  if (lossy === undefined || random() >= lossy.probability) return augmented
  const codec = drawItem(random, lossy.codecs) ?? 'mp3'
  const {min, max} = toRange(lossy.kbps)
  const kbps = drawInteger(random, {min: Math.ceil(min), max: Math.floor(max)})
  const decoded = await throughLossyCodec(augmented.samples, {codec, kbps})
  return {samples: decoded, applied: [...augmented.applied, {kind: 'lossy_codec', codec, kbps}]}
}

/** A file of whole numbers cannot hold more than full scale. */
function withinFullScale({samples, applied}: AugmentedAudio): AugmentedAudio {
  const peak = peakOf(samples)
  if (peak <= 1) return {samples, applied}
  const decibels = Math.round(-toDecibels(peak) * 100) / 100
  return {samples: amplify(samples, 1 / peak), applied: [...applied, {kind: 'peak_limit', decibels}]}
}

async function loadUtterance({audio, clip, channel}: CopyJob['utterance']): Promise<Float32Array> {
  const clipper = createClipper(clip)
  const pieces: Float32Array[] = []
  const choice = channel === undefined || channel === 'split' ? 'mix' : channel
  for await (const event of readAudio({type: 'file', path: audio}, {channel: choice})) {
    if (event.type !== 'samples') continue
    pieces.push(...clipper.take(event.channels))
    if (clipper.ended) break
  }
  if (clipper.samples === 0) throw new LinguluError('AUDIO_EMPTY', `${audio} ends before the part that is asked for.`)
  const samples = new Float32Array(clipper.samples)
  let at = 0
  for (const piece of pieces) {
    samples.set(piece, at)
    at += piece.length
  }
  return samples
}

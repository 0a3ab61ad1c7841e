import {loadAudio} from '../../audio/read-audio.js'
import {SAMPLE_RATE_HZ} from '../../audio/source.js'
import {createSilenceDetector} from '../../audio/trim-silence.js'
import {LinguluError} from '../../errors.js'
import type {Recording} from './training-set.js'

/** Sounds with one channel are what models hear; others are mixed down. */
const DEFAULT_CHANNEL = 'mix'

export interface DecodeOptions {
  readonly trimSilence: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * The samples of a recording, or of the part of it that the manifest names.
 *
 * @throws LinguluError AUDIO_…, FFMPEG_MISSING; AUDIO_EMPTY where the part lies behind its end
 */
export async function decodeSamples(recording: Recording, options: DecodeOptions): Promise<Float32Array> {
  const [part] = await decodeParts(recording, [recording.clip], options)
  if (part === undefined || part instanceof LinguluError) throw part
  return part
}

/**
 * The samples of parts of one recording, which is decoded once; of the whole where a clip is undefined.
 *
 * @returns for each part its samples, or AUDIO_EMPTY where it lies behind the end
 * @throws LinguluError AUDIO_…, FFMPEG_MISSING
 */
export async function decodeParts(
  {audio, channel}: Pick<Recording, 'audio' | 'channel'>,
  clips: readonly Recording['clip'][],
  {trimSilence, signal}: DecodeOptions,
): Promise<readonly (Float32Array | LinguluError)[]> {
  const {channels} = await loadAudio({type: 'file', path: audio}, {channel: channel ?? DEFAULT_CHANNEL, signal})
  const whole = channels[0] ?? new Float32Array(0)
  return clips.map(clip => {
    const offsetSeconds = clip?.offsetSeconds ?? 0
    const start = Math.round(offsetSeconds * SAMPLE_RATE_HZ)
    const length =
      clip?.durationSeconds === undefined ? whole.length : Math.round(clip.durationSeconds * SAMPLE_RATE_HZ)
    const part = whole.subarray(start, start + length)
    if (part.length === 0)
      return new LinguluError('AUDIO_EMPTY', `${audio}: the part from ${offsetSeconds} s on is empty`)
    return trimSilence ? trimmed(part) : part
  })
}

function trimmed(samples: Float32Array): Float32Array {
  const detector = createSilenceDetector()
  detector.push(samples)
  const {start, end} = detector.range()
  return end > start ? samples.subarray(start, end) : samples
}

const FULL_SCALE = 32_768

/** To the nearest of 16 bits; what is louder than full scale is cut. */
export const toSixteenBits = (samples: Float32Array): Int16Array =>
  Int16Array.from(samples, value => Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(value * FULL_SCALE))))

export const fromSixteenBits = (samples: Int16Array): Float32Array => Float32Array.from(samples, v => v / FULL_SCALE)

import type {CODEC_KINDS} from './augmentation-config.js'
import type {NoiseColour} from './coloured-noise.js'

/** What was done to a recording, in the words of the configuration. */
export type AppliedStep =
  | {readonly kind: 'speed'; readonly factor: number}
  | {readonly kind: 'time_stretch'; readonly factor: number}
  | {readonly kind: 'pitch'; readonly semitones: number}
  | {readonly kind: 'reverberation'; readonly t60_seconds: number; readonly direct_to_room_db: number}
  | {readonly kind: 'reverberation'; readonly file: string}
  | {readonly kind: 'noise'; readonly noise: NoiseColour; readonly snr_db: number}
  | {readonly kind: 'noise'; readonly file: string; readonly snr_db: number}
  | {readonly kind: 'noise'; readonly noise: 'white'; readonly level: number}
  | {readonly kind: 'gain'; readonly decibels: number}
  | {readonly kind: 'codec'; readonly codec: Exclude<(typeof CODEC_KINDS)[number], 'few-bits'>}
  | {readonly kind: 'codec'; readonly codec: 'few-bits'; readonly bits: number}
  | {readonly kind: 'lossy_codec'; readonly codec: 'mp3' | 'opus'; readonly kbps: number}
  /** Softer by so much, since a file cannot hold more than full scale. */
  | {readonly kind: 'peak_limit'; readonly decibels: number}

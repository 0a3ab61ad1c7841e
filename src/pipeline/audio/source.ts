import type {Readable} from 'node:stream'

/** The rate everything after decoding works at. */
export const SAMPLE_RATE_HZ = 16_000

/** Headerless PCM formats, named as ffmpeg and `arecord` name them. */
export const RAW_FORMATS = ['s16le', 's16be', 's24le', 's32le', 'f32le', 'f64le', 'u8', 's8', 'alaw', 'mulaw'] as const
export type RawFormat = (typeof RAW_FORMATS)[number]

/** Headerless PCM. */
export interface RawLayout {
  readonly format: RawFormat
  readonly rateHz: number
  readonly channels: number
}

/** Where audio comes from. */
export type AudioSource =
  | {readonly type: 'file'; readonly path: string}
  | {readonly type: 'stream'; readonly stream: Readable; readonly name: string}
  | {readonly type: 'raw'; readonly stream: Readable; readonly name: string; readonly layout: RawLayout}
  /** Already 16 kHz mono. */
  | {readonly type: 'samples'; readonly samples: Float32Array; readonly name: string}

/** `mix` is the mean of the channels; `split` keeps each as a recording of its own. */
export type ChannelChoice = 'mix' | 'left' | 'right' | 'split'

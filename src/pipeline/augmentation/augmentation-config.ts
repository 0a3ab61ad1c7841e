import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {NOISE_COLOURS} from './coloured-noise.js'
import type {Range} from './draw.js'

export const range = (least: number, most: number) => {
  const bound = z.number().min(least).max(most)
  return z.union([
    bound,
    z.strictObject({min: bound, max: bound}).refine(({min, max}) => min <= max, 'min is greater than max'),
  ])
}

/** One number stands for the range of it alone. */
export const toRange = (value: number | Range): Range => (typeof value === 'number' ? {min: value, max: value} : value)

const probability = z.number().min(0).max(1).default(1).describe('Share of the recordings that this is done to.')

const Speed = z.strictObject({
  probability,
  factor: range(0.5, 2).default({min: 0.9, max: 1.1}).describe('More than 1 is faster and higher. Rounded to 1/200.'),
})

const TimeStretch = z.strictObject({
  probability,
  factor: range(0.5, 2).default({min: 0.9, max: 1.1}).describe('More than 1 is faster, at the same pitch.'),
})

const Pitch = z.strictObject({
  probability,
  semitones: range(-12, 12).default({min: -2, max: 2}).describe('More than 0 is higher, at the same length.'),
})

const Gain = z.strictObject({
  probability,
  decibels: range(-60, 60).default({min: -10, max: 6}).describe('More than 0 is louder.'),
})

export const NOISE_KINDS = [...NOISE_COLOURS, 'folder'] as const

const Noise = z
  .strictObject({
    probability,
    kinds: z
      .array(z.enum(NOISE_KINDS))
      .min(1)
      .optional()
      .describe('Which noise, each equally often. Default: folder where one is given, else white.'),
    folder: z.string().min(1).optional().describe('Recordings of noise, in this folder and those in it.'),
    snr_db: range(-20, 100).default({min: 5, max: 20}).describe('Power of the recording over that of the noise.'),
  })
  .refine(({kinds, folder}) => folder !== undefined || !kinds?.includes('folder'), {
    path: ['folder'],
    error: 'the kind folder needs a folder',
  })

const Reverberation = z.strictObject({
  probability,
  t60_seconds: range(0.02, 5)
    .default({min: 0.2, max: 0.6})
    .describe('Of imaginary rooms: time in which their sound falls by 60 dB.'),
  direct_to_room_db: range(-20, 60)
    .default({min: 0, max: 12})
    .describe('Of imaginary rooms: energy of the direct sound over that of the room.'),
  folder: z.string().min(1).optional().describe('Recorded impulse responses of rooms.'),
  folder_share: z.number().min(0).max(1).default(1).describe('Share of the rooms that come from the folder, if given.'),
})

export const CODEC_KINDS = ['telephone', 'narrow-band', 'mu-law', 'few-bits'] as const

const Codec = z.strictObject({
  probability,
  kinds: z
    .array(z.enum(CODEC_KINDS))
    .min(1)
    .default(['telephone', 'narrow-band', 'mu-law'])
    .describe(
      'telephone: 8 kHz from 300 Hz on, in µ-law. narrow-band: as recorded at 8 kHz. mu-law: in 8 bits. few-bits: in `bits`.',
    ),
  bits: range(2, 16).default({min: 6, max: 10}).describe('Bits of a sample, for few-bits.'),
})

const SpecAugment = z.strictObject({
  probability,
  time_masks: z.int().min(0).max(100).default(2).describe('How many stripes of time.'),
  time_mask_frames: z.int().min(0).default(50).describe('Longest of these stripes, in frames.'),
  time_mask_share: z.number().min(0).max(1).default(0.2).describe('No stripe covers more of a recording than this.'),
  frequency_masks: z.int().min(0).max(100).default(2).describe('How many stripes of mel bands.'),
  frequency_mask_mels: z.int().min(0).default(27).describe('Widest of these stripes, in mel bands.'),
  time_warp_frames: z
    .int()
    .min(0)
    .default(0)
    .describe('How far a place of the recording moves at most; 0: not at all.'),
  fill: z.enum(['mean', 'zero']).default('mean').describe('What stripes become: the mean of the features, or 0.'),
})

/** The kinds, each left out unless it is named; `{}` changes nothing. */
export const AUGMENTATION_SHAPE = {
  speed: Speed.optional().describe('Plays faster or slower, which changes the pitch.'),
  time_stretch: TimeStretch.optional().describe('Speaks faster or slower at the same pitch.'),
  pitch: Pitch.optional().describe('Raises or lowers the pitch at the same length.'),
  reverberation: Reverberation.optional().describe('Lets the recording sound in a room.'),
  noise: Noise.optional().describe('Adds noise.'),
  gain: Gain.optional().describe('Louder or softer.'),
  codec: Codec.optional().describe('Loses what telephones and old formats lose.'),
  spec_augment: SpecAugment.optional().describe('Masks stripes of the features (SpecAugment).'),
  time_stretch_factor: z
    .number()
    .min(0.5)
    .max(2)
    .optional()
    .describe('Every recording by `time_stretch` with this factor.'),
  pitch_shift_steps: z
    .number()
    .min(-12)
    .max(12)
    .optional()
    .describe('Every recording by `pitch` with these semitones.'),
  add_noise: z.boolean().optional().describe('White noise of `noise_level` in every recording.'),
  noise_level: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Standard deviation of that noise; full scale is 1. Default 0.005.'),
} as const

/** Names of the contract that say the same as a kind. */
const TWICE = [
  ['time_stretch_factor', 'time_stretch'],
  ['pitch_shift_steps', 'pitch'],
  ['add_noise', 'noise'],
] as const

type Shape = z.infer<z.ZodObject<typeof AUGMENTATION_SHAPE>>

export function refuseTwice(config: Shape, context: z.core.$RefinementCtx): void {
  for (const [flat, kind] of TWICE) {
    if (config[flat] === undefined || config[kind] === undefined) continue
    context.addIssue({code: 'custom', path: [flat], message: `says the same as ${kind}: give one of them`})
  }
  if (config.noise_level !== undefined && config.add_noise === undefined)
    context.addIssue({code: 'custom', path: ['noise_level'], message: 'needs add_noise'})
}

/** How recordings are changed while a model is trained. */
export const AugmentationConfig = z.strictObject(AUGMENTATION_SHAPE).superRefine(refuseTwice)
export type AugmentationConfig = Readonly<z.infer<typeof AugmentationConfig>>
export type AugmentationInput = Readonly<z.input<typeof AugmentationConfig>>

/**
 * @param name of where the configuration comes from, for messages
 * @throws LinguluError CONFIG_INVALID
 */
export function parseAugmentation(config: unknown, name = 'augmentation'): AugmentationConfig {
  const parsed = AugmentationConfig.safeParse(config)
  if (parsed.success) return parsed.data
  throw new LinguluError('CONFIG_INVALID', `${name}\n${explainIssues(parsed.error)}`, {cause: parsed.error})
}

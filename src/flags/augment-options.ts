import {readFile} from 'node:fs/promises'
import type {Interfaces} from '@oclif/core'
import type {AugmentDatasetOptions} from '../pipeline/augment-dataset.js'
import {CODEC_KINDS} from '../pipeline/augmentation/augmentation-config.js'
import {NOISE_COLOURS} from '../pipeline/augmentation/coloured-noise.js'
import {parseDatasetAugmentation} from '../pipeline/augmentation/dataset/dataset-augmentation.js'
import type {Range} from '../pipeline/augmentation/draw.js'
import {LOSSY_CODECS} from '../pipeline/augmentation/lossy-codec.js'
import {LinguluError} from '../pipeline/errors.js'
import type {augmentFlags} from './augment-flags.js'
import {datasetOptions} from './dataset-flags.js'

export type AugmentFlags = Interfaces.InferredFlags<typeof augmentFlags>

/**
 * What the flags and the file of `--config` ask for.
 *
 * @throws LinguluError USAGE, CONFIG_INVALID
 */
export async function augmentOptions(dataset: string, flags: AugmentFlags): Promise<AugmentDatasetOptions> {
  const {out, copies, seed, format, workers, resume, force, layout, columns} = flags
  const base = flags.config === undefined ? {} : await readConfig(flags.config)
  const config = parseDatasetAugmentation({...base, ...fromFlags(flags, base)}, flags.config ?? 'options')
  const reading = datasetOptions({layout, columns})
  return {dataset, reading, out, config, copies, seed, format, workers, resume, force}
}

interface Json {
  readonly noise?: unknown
  readonly [name: string]: unknown
}

async function readConfig(path: string): Promise<Json> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new LinguluError('CONFIG_INVALID', `${path}: cannot be read`, {cause, hint: 'Give --config a JSON file.'})
  })
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value))
  } catch (cause) {
    throw new LinguluError('CONFIG_INVALID', `${path}: is no JSON: ${String(cause)}`, {cause})
  }
  throw new LinguluError('CONFIG_INVALID', `${path}: is no JSON object`)
}

function fromFlags(flags: AugmentFlags, base: Json): Json {
  const {speed, stretch, pitch, gain, reverb, noise, snr, codec} = flags
  if (snr !== undefined && noise === undefined && base.noise === undefined)
    throw new LinguluError('USAGE', '--snr needs --noise.')
  return {
    ...(speed !== undefined && {speed: {factor: parseRange('speed', speed)}}),
    ...(stretch !== undefined && {time_stretch: {factor: parseRange('stretch', stretch)}}),
    ...(pitch !== undefined && {pitch: {semitones: parseRange('pitch', pitch)}}),
    ...(gain !== undefined && {gain: {decibels: parseRange('gain', gain)}}),
    ...(reverb !== undefined && {reverberation: reverberation(reverb)}),
    ...((noise !== undefined || snr !== undefined) && {
      noise: {
        ...(noise === undefined ? objectOf(base.noise) : noiseKinds(noise)),
        ...(snr !== undefined && {snr_db: parseRange('snr', snr)}),
      },
    }),
    ...(codec !== undefined && codecs(codec)),
  }
}

const objectOf = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

const reverberation = (text: string) => (isRange(text) ? {t60_seconds: parseRange('reverb', text)} : {folder: text})

/** What is neither a colour nor several names is a folder. */
function noiseKinds(text: string) {
  const names = text.split(',')
  const colours: readonly string[] = NOISE_COLOURS
  return names.every(name => colours.includes(name)) ? {kinds: names} : {folder: text}
}

function codecs(text: string): Json {
  const names = text.split(',')
  const [simple, lossy]: readonly (readonly string[])[] = [CODEC_KINDS, LOSSY_CODECS]
  const unknown = names.find(name => !simple?.includes(name) && !lossy?.includes(name))
  if (unknown !== undefined)
    throw new LinguluError('USAGE', `--codec: there is no codec "${unknown}"`, {
      hint: `Choose of ${[...CODEC_KINDS, ...LOSSY_CODECS].join(', ')}.`,
    })
  const [kinds, encoders] = [names.filter(name => simple?.includes(name)), names.filter(name => lossy?.includes(name))]
  return {
    ...(kinds.length > 0 && {codec: {kinds}}),
    ...(encoders.length > 0 && {lossy_codec: {codecs: encoders}}),
  }
}

const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)`
const RANGE = new RegExp(`^\\s*(${NUMBER})\\s*(?:,\\s*(${NUMBER})\\s*)?$`)

const isRange = (text: string): boolean => RANGE.test(text)

function parseRange(flag: string, text: string): Range {
  const [, min, max] = RANGE.exec(text) ?? []
  if (min === undefined)
    throw new LinguluError('USAGE', `--${flag}: "${text}" is no range`, {
      hint: 'Write two numbers with a comma between them, such as 0.9,1.1, or one.',
    })
  return {min: Number(min), max: Number(max ?? min)}
}

import type {Interfaces} from '@oclif/core'
import type {RawLayout} from '../pipeline/audio/source.js'
import {LinguluError} from '../pipeline/errors.js'
import type {PrepareOptions} from '../pipeline/runtime/prepared-audio.js'
import type {audioFlags, soundFlags} from './audio-flags.js'

/** `live`: speech is found by voice detection whether or not it is asked for. */
export type SoundFlags = Interfaces.InferredFlags<typeof soundFlags> & {readonly live?: boolean | undefined}
type RawFlags = Pick<Interfaces.InferredFlags<typeof audioFlags>, 'raw' | 'rate' | 'channels'>

/** What is done to the sound before a model hears it. */
export function prepareOptions(flags: SoundFlags): Partial<PrepareOptions> {
  return {
    ...(flags.channel && {channel: flags.channel}),
    ...(flags.normalize && {normalize: flags.normalize}),
    ...(flags['trim-silence'] && {trimSilence: true}),
    ...(flags.vad ? {vad: vadOptions(flags)} : rejectVadOptions(flags)),
  }
}

/** Headerless PCM is 16 kHz mono unless said otherwise. */
export function rawLayout({raw, rate = 16_000, channels = 1}: RawFlags): RawLayout | undefined {
  return raw === undefined ? undefined : {format: raw, rateHz: rate, channels}
}

function vadOptions(flags: SoundFlags) {
  const given = {
    model: flags['vad-model'],
    threshold: flags['vad-threshold'],
    minSpeechSeconds: flags['vad-min-speech'],
    minSilenceSeconds: flags['vad-min-silence'],
    maxSpeechSeconds: flags['vad-max-speech'],
    padSeconds: flags['vad-pad'],
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

const VAD_FLAGS = [
  'vad-model',
  'vad-threshold',
  'vad-min-speech',
  'vad-min-silence',
  'vad-max-speech',
  'vad-pad',
] as const

function rejectVadOptions(flags: SoundFlags): Record<string, never> {
  const given = VAD_FLAGS.filter(name => flags[name] !== undefined)
  // Live speech is always found by voice detection.
  if (given.length > 0 && !flags.live) throw new LinguluError('USAGE', `--${given[0]} needs --vad.`)
  return {}
}

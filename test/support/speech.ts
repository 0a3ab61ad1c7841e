import {readdirSync} from 'node:fs'
import {writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {loadAudio} from '../../src/pipeline/audio/read-audio.js'
import {s16, wavFile} from '../pipeline/audio/wav-file.js'
import {sharedData} from './shared-data.js'

/** Real utterances of LibriSpeech, by name. */
export const librispeech = (count: number): string[] =>
  readdirSync(sharedData('librispeech'), {recursive: true})
    .map(String)
    .filter(path => path.endsWith('.flac'))
    .sort((a, b) => (basename(a) < basename(b) ? -1 : 1))
    .slice(0, count)
    .map(path => sharedData(`librispeech/${path}`))

/** 16 kHz mono samples of a file. */
export async function samplesOf(path: string): Promise<Float32Array> {
  const {channels} = await loadAudio({type: 'file', path}, {channel: 'mix'})
  return channels[0] ?? new Float32Array(0)
}

export const silence = (seconds: number): Float32Array => new Float32Array(seconds * 16_000)

export function joined(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, {length}) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Headerless 16-bit PCM. */
export const toPcm = (samples: Float32Array): Buffer => Buffer.from(s16([...samples]))

export async function writeWav(folder: string, name: string, samples: Float32Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, wavFile(toPcm(samples)))
  return path
}

import {readFileSync} from 'node:fs'
import {execa} from 'execa'
import {loadAudio} from '../../src/pipeline/audio/read-audio.js'
import {sharedData} from './shared-data.js'

/** How a reference's audio is made: see test/data/whisper-reference/README.md. */
export type AudioRecipe =
  | string
  | {readonly concat: readonly AudioRecipe[]; readonly gap_seconds: number}
  | {readonly zeros: number}
  | {readonly lcg: {readonly seed: number; readonly samples: number}}
  | {readonly slice: AudioRecipe; readonly from: number; readonly to: number}
  | {readonly cycle: AudioRecipe; readonly samples: number}

interface AudioEntry {
  readonly id: string
  readonly audio: AudioRecipe
  readonly loader: 's16' | 'float'
  /** False where a resampler or a lossy decoder stands between the file and the samples. */
  readonly exact: boolean
}

const entries: readonly AudioEntry[] = JSON.parse(
  readFileSync(new URL('../data/whisper-reference/audio.json', import.meta.url), 'utf8'),
)
const byId = new Map(entries.map(entry => [entry.id, entry]))

/** 16 kHz mono samples of a reference, by its id. */
export async function referenceAudio(id: string): Promise<Float32Array> {
  const entry = byId.get(id)
  if (entry === undefined) throw new Error(`No reference audio ${id}`)
  const samples = entry.exact ? await build(entry.audio) : await decodeAsReference(entry.audio)
  // Python's Whisper reads 16-bit samples, also where a resampler made others.
  return entry.loader === 's16' ? samples.map(toS16) : samples
}

/**
 * What the reference heard, where decoders differ: ffmpeg's samples. That ours are as good is tested with the decoders;
 * here the models are compared.
 */
async function decodeAsReference(recipe: AudioRecipe): Promise<Float32Array> {
  if (typeof recipe !== 'string') throw new Error('A recipe is made of exact files')
  const path = sharedData(recipe)
  const {channels} = (await loadAudio({type: 'file', path}, {channel: 'mix'})).format
  const {stdout} = await execa('ffmpeg', ['-v', 'error', '-i', path, '-f', 'f32le', '-ar', '16000', '-'], {
    encoding: 'buffer',
  })
  const interleaved = new Float32Array(stdout.slice().buffer)
  return Float32Array.from({length: interleaved.length / channels}, (_, i) => {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += interleaved[i * channels + channel] as number
    return sum / channels
  })
}

async function build(recipe: AudioRecipe): Promise<Float32Array> {
  if (typeof recipe === 'string') return decode(recipe)
  if ('zeros' in recipe) return new Float32Array(recipe.zeros)
  if ('lcg' in recipe) return noise(recipe.lcg)
  if ('slice' in recipe) return (await build(recipe.slice)).slice(recipe.from, recipe.to)
  if ('cycle' in recipe) {
    const samples = await build(recipe.cycle)
    return Float32Array.from({length: recipe.samples}, (_, i) => samples[i % samples.length] as number)
  }
  const parts = await Promise.all(recipe.concat.map(build))
  const gap = Math.round(recipe.gap_seconds * 16_000)
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, gap * (parts.length - 1)))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length + gap
  }
  return joined
}

const decoded = new Map<string, Promise<Float32Array>>()

function decode(path: string): Promise<Float32Array> {
  const known = decoded.get(path)
  if (known !== undefined) return known
  const loading = loadAudio({type: 'file', path: sharedData(path)}, {channel: 'mix'}).then(
    ({channels}) => channels[0] ?? new Float32Array(0),
  )
  decoded.set(path, loading)
  return loading
}

function noise({seed, samples}: {readonly seed: number; readonly samples: number}): Float32Array {
  let state = seed
  return Float32Array.from({length: samples}, () => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0
    return ((state >>> 16) - 32_768) / 262_144
  })
}

const toS16 = (sample: number): number => Math.round(sample * 32_768) / 32_768

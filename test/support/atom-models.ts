import {readFileSync} from 'node:fs'
import {cp, mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {createFeatureExtractor} from '../../src/pipeline/features/feature-extractor.js'
import {openFrameStore} from '../../src/pipeline/features/frame-store.js'
import {FrameStoreWriter} from '../../src/pipeline/features/frame-store-writer.js'
import type {ModelFolder} from '../../src/pipeline/models/model-folder.js'
import {readModelFolder} from '../../src/pipeline/models/read-model-folder.js'
import type {FeatureSpec, PreparedRecording} from '../../src/pipeline/models/recognizer.js'
import {openSession} from '../../src/pipeline/runtime/open-session.js'
import type {Session} from '../../src/pipeline/runtime/session.js'

/** The models of test/data/models, which are in every clone: see the README there. */
export const atomModel = (path: string) => fileURLToPath(new URL(`../data/models/${path}`, import.meta.url))

/** What transformers says about a model of test/data/models. */
export function readGolden<Case>(name: string): readonly Case[] {
  return JSON.parse(readFileSync(atomModel(`golden/${name}.json`), 'utf8')).cases
}

export const openOnCpu = (path: string): Promise<Session> => openSession(path, {provider: 'cpu', threads: 1})

/** The folder of a Whisper model. */
export async function readWhisperFolder(...given: Parameters<typeof readModelFolder>) {
  return ofKind('whisper', await readModelFolder(...given))
}

/** The folder of a CTC model. */
export async function readCtcFolder(...given: Parameters<typeof readModelFolder>) {
  return ofKind('ctc', await readModelFolder(...given))
}

function ofKind<Kind extends ModelFolder['kind']>(kind: Kind, folder: ModelFolder) {
  if (folder.kind !== kind) throw new Error(`${folder.path} is no ${kind} model`)
  return folder as Extract<ModelFolder, {kind: Kind}>
}

/** A copy of a model's JSON files with some of its ONNX files, by the name that each gets; the caller removes it. */
export async function assembleModel(name: string, onnx: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lingulu-model-'))
  await cp(atomModel(name), folder, {
    recursive: true,
    filter: path => !/\/(?:onnx|variants)$/.test(path),
  })
  for (const [to, from] of Object.entries(onnx)) {
    await mkdir(dirname(join(folder, to)), {recursive: true})
    await cp(join(atomModel(name), from), join(folder, to))
  }
  return folder
}

export const removeModel = (folder: string) => rm(folder, {recursive: true, force: true})

export type Shape = 'sine' | 'square' | 'chirp' | 'tremolo'

/** From second, to second, hertz. */
export type Tone = readonly [start: number, end: number, hz: number]

const RATE_HZ = 16_000

const WAVES: Readonly<Record<Shape, (hz: number, seconds: number) => number>> = {
  sine: (hz, t) => 0.3 * Math.sin(2 * Math.PI * hz * t),
  square: (hz, t) => (Math.sin(2 * Math.PI * hz * t) >= 0 ? 0.2 : -0.2),
  chirp: (hz, t) => 0.3 * Math.sin(2 * Math.PI * (hz * t + 40 * t * t)),
  tremolo: (hz, t) => 0.3 * Math.sin(2 * Math.PI * hz * t) * Math.sin(2 * Math.PI * 5 * t),
}

/** Tones with silence between them at 16 kHz: what the atom models have learnt to write down. */
export function tones(shape: Shape, parts: readonly Tone[], samples: number): Float32Array {
  const sum = new Float64Array(samples)
  for (const [start, end, hz] of parts) {
    const first = Math.round(start * RATE_HZ)
    const last = Math.min(samples, Math.round(end * RATE_HZ))
    for (let n = first; n < last; n++) sum[n]! += WAVES[shape](hz, (n - first) / RATE_HZ)
  }
  return Float32Array.from(sum)
}

/** The features that a model asks for, as the audio thread computes them. */
export function prepareSamples(spec: FeatureSpec, samples: Float32Array): PreparedRecording {
  const extractor = createFeatureExtractor(spec)
  const writer = new FrameStoreWriter({width: extractor.width})
  writer.append(extractor.push(samples))
  const {frames, transform} = extractor.finish()
  writer.append(frames)
  return {durationSeconds: samples.length / RATE_HZ, features: openFrameStore(writer.finish(transform))}
}

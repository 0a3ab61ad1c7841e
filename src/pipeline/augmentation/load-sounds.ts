import {stat} from 'node:fs/promises'
import {join, relative, resolve} from 'node:path'
import {readAudio} from '../audio/read-audio.js'
import {SAMPLE_RATE_HZ} from '../audio/source.js'
import {walk} from '../datasets/layouts/walk.js'
import {seededRandom} from '../decoding/random.js'
import {LinguluError} from '../errors.js'
import {hasAudioExtension} from '../inputs/audio-extensions.js'
import type {Sound} from './sound.js'

export interface LoadSoundsOptions {
  /** So much of the beginning of each recording is taken. */
  readonly secondsEach: number
  /** When so much is loaded, no further recording is: an hour takes 230 MB. */
  readonly secondsInAll: number
  readonly signal?: AbortSignal | undefined
}

export interface LoadedSounds {
  readonly sounds: readonly Sound[]
  /** What the user should know: recordings that cannot be read, or were not needed. */
  readonly notes: readonly string[]
}

const DEPTH = 8 // folders in folders

/**
 * Loads the recordings of a folder and of those in it. Where not all of them are wanted, it is a mixture, the same on every
 * machine.
 *
 * @throws LinguluError INPUT_MISSING if the folder is not there or has no recording that can be read; the signal's reason
 */
export async function loadSounds(folder: string, options: LoadSoundsOptions): Promise<LoadedSounds> {
  const {secondsEach, secondsInAll, signal} = options
  const root = resolve(folder)
  if (!(await stat(root).catch(() => undefined))?.isDirectory())
    throw new LinguluError('INPUT_MISSING', `${folder}: there is no such folder of recordings`)
  const names = await findRecordings(root, signal)
  const sounds: Sound[] = []
  const notes: string[] = []
  let seconds = 0
  for (const [index, name] of names.entries()) {
    if (seconds >= secondsInAll) {
      notes.push(`${folder}: ${index} of ${names.length} recordings are used, ${Math.round(seconds / 60)} minutes.`)
      break
    }
    try {
      const samples = await loadStart(join(root, name), secondsEach, signal)
      if (samples.every(sample => sample === 0)) notes.push(`${join(folder, name)} is silent: left out.`)
      else sounds.push({name, samples})
      seconds += samples.length / SAMPLE_RATE_HZ
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof LinguluError)) throw error
      notes.push(`Left out: ${error.message}`)
    }
  }
  if (sounds.length > 0) return {sounds: sounds.sort((a, b) => (a.name < b.name ? -1 : 1)), notes}
  throw new LinguluError('INPUT_MISSING', [`${folder}: not one recording in it can be used`, ...notes].join('\n  '))
}

async function findRecordings(root: string, signal: AbortSignal | undefined): Promise<string[]> {
  const found: string[] = []
  for await (const {path, files} of walk(root, {depth: DEPTH, signal}))
    for (const file of files) if (hasAudioExtension(file)) found.push(relative(root, join(path, file)))
  const ranks = new Map(found.map(name => [name, seededRandom('sounds', name.replaceAll('\\', '/'))()]))
  return found.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
}

async function loadStart(path: string, seconds: number, signal: AbortSignal | undefined): Promise<Float32Array> {
  const samples = new Float32Array(Math.round(seconds * SAMPLE_RATE_HZ))
  let length = 0
  for await (const event of readAudio({type: 'file', path}, {channel: 'mix', signal})) {
    if (event.type !== 'samples') continue
    const [mono] = event.channels
    const piece = mono?.subarray(0, samples.length - length) ?? new Float32Array(0)
    samples.set(piece, length)
    length += piece.length
    if (length === samples.length) break
  }
  return samples.slice(0, length)
}

import {stat} from 'node:fs/promises'
import {resolve} from 'node:path'
import {LinguluError} from '../../errors.js'
import {openModelFiles} from '../../models/model-files.js'
import {readCtcConfig} from '../../models/read-ctc-config.js'
import {readModelKind} from '../../models/read-model-folder.js'
import {readWhisperConfig} from '../../models/read-whisper-config.js'
import type {FeatureSpec} from '../../models/recognizer.js'
import {resolveModel} from '../../models/resolve-model.js'

/** Those of NVIDIA's Parakeet models without their normalisation: what lingulu's own CTC models begin with. */
const FILTER_BANK = {
  mels: 80,
  fftSize: 512,
  windowSamples: 400,
  hopSamples: 160,
  preemphasis: 0.97,
  normalize: 'none',
} as const

export interface NamedFeatures {
  readonly name: string
  readonly spec: FeatureSpec
}

/**
 * What `whisper`, `filter-bank`, or a model on this machine (a folder, also one without ONNX files, or a name) hears.
 *
 * @param mels of `whisper` and `filter-bank`; default 80
 * @throws LinguluError USAGE; MODEL_MISSING; MODEL_INVALID
 */
export async function featuresOf(kind: string, mels: number | undefined): Promise<NamedFeatures> {
  if (kind === 'whisper') return {name: kind, spec: {kind: 'whisper-log-mel', mels: mels ?? 80}}
  if (kind === 'filter-bank')
    return {name: kind, spec: {kind, options: {...FILTER_BANK, mels: mels ?? FILTER_BANK.mels}}}
  if (mels !== undefined) throw new LinguluError('USAGE', '--mels: a model says itself how many it hears.')
  const isFolder = (await stat(resolve(kind)).catch(() => undefined))?.isDirectory() ?? false
  const {path, name} = isFolder ? {path: resolve(kind), name: kind} : await resolveModel(kind, {offline: true})
  return {name, spec: await specOf(path)}
}

async function specOf(path: string): Promise<FeatureSpec> {
  const files = await openModelFiles(path)
  const kind = await readModelKind(path)
  if (kind === 'whisper') return {kind: 'whisper-log-mel', mels: (await readWhisperConfig(files)).config.mels}
  if (kind === 'ctc') return (await readCtcConfig(files)).features
  throw new LinguluError('MODEL_INVALID', `${path}: is no Whisper model and has no CTC head.`, {
    hint: 'Give --kind whisper, --kind filter-bank, or the folder of such a model.',
  })
}

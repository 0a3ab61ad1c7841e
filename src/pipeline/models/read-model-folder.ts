import {createHash} from 'node:crypto'
import {stat} from 'node:fs/promises'
import {basename, dirname, isAbsolute, join, posix, resolve} from 'node:path'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import type {Environment} from './cache-root.js'
import {hashFile} from './file-hash.js'
import {type ModelFiles, openModelFiles, requireModelJson} from './model-files.js'
import type {ModelFolder, PrecisionChoice} from './model-folder.js'
import {type OnnxSurvey, surveyOnnx} from './onnx-external-data.js'
import {chooseOnnxFiles, type ModelKind, type OnnxFiles, onnxPaths} from './onnx-files.js'
import {readCtcConfig} from './read-ctc-config.js'
import {readWhisperConfig} from './read-whisper-config.js'

export interface ReadModelOptions {
  /** Which of the folder's ONNX files; `auto` (the default) is fp32 where there, else the only one there. */
  readonly precision?: PrecisionChoice | undefined
  /** What results call the model; the folder's name if absent. */
  readonly name?: string | undefined
  readonly env?: Environment | undefined
}

/** A folder and the files of it that make up the model, relative to it. */
export interface InspectedModel {
  readonly folder: ModelFolderWithoutHash
  readonly files: readonly string[]
}

type WithoutHash<T> = T extends unknown ? Omit<T, 'hash'> : never
type ModelFolderWithoutHash = WithoutHash<ModelFolder>

/** `config.json`, as far as every model has it. */
const AnyConfig = z.object({model_type: z.string().optional(), architectures: z.array(z.string()).nullish()})

/** Model types whose `…ForCTC` models hear the raw waveform or filter banks. */
const CTC_TYPES = new Set([
  'wav2vec2',
  'wav2vec2-conformer',
  'wav2vec2-bert',
  'hubert',
  'wavlm',
  'data2vec-audio',
  'unispeech',
  'unispeech-sat',
  'sew',
  'sew-d',
  'mctct',
  'parakeet_ctc',
  'lingulu-ctc',
])

/**
 * Reads a model folder in Hugging Face's layout: which model it is, which ONNX files to open, and its SHA-256.
 *
 * @throws LinguluError `MODEL_MISSING` if the folder is not there; `MODEL_INVALID` naming the file that is missing or
 *   wrong and the remedy.
 */
export async function readModelFolder(path: string, options: ReadModelOptions = {}): Promise<ModelFolder> {
  const {folder, files} = await inspectModelFolder(path, options)
  return {...folder, hash: await hashModel(folder.path, files, options.env)}
}

/** Like {@link readModelFolder}, without reading the weights to hash them. */
export async function inspectModelFolder(path: string, options: ReadModelOptions = {}): Promise<InspectedModel> {
  const root = resolve(path)
  const files = await openModelFiles(root)
  const config = await requireModelJson(files, 'config.json', AnyConfig)
  const kind = modelKind(config, root)
  const onnx = chooseOnnxFiles(kind, files.names, options.precision ?? 'auto', root)
  const name = options.name ?? basename(root)
  const surveys = await surveyFiles(files, onnxPaths(onnx))
  const base = {path: root, name, precision: onnx.precision}
  const folder: ModelFolderWithoutHash =
    onnx.kind === 'whisper'
      ? {...(await readWhisperConfig(files)), ...base, ...whisperParts(root, onnx, surveys), kind: 'whisper'}
      : {...(await readCtcConfig(files)), ...base, kind: 'ctc', model: join(root, onnx.model)}
  const used = new Set([...files.used, ...surveys.keys(), ...externalData(surveys)])
  return {folder, files: [...used].sort()}
}

/** Which kind of model a folder holds; undefined if it is none that transcribes, or cannot be read. */
export async function readModelKind(path: string): Promise<ModelKind | undefined> {
  try {
    return modelKind(await requireModelJson(await openModelFiles(path), 'config.json', AnyConfig), path)
  } catch (error) {
    if (error instanceof LinguluError) return undefined
    throw error
  }
}

function modelKind({model_type: type, architectures}: z.infer<typeof AnyConfig>, root: string): ModelKind {
  const architecture = architectures?.[0]
  if (type === 'whisper') return 'whisper'
  if (architecture?.endsWith('ForCTC')) return 'ctc'
  if (type !== undefined && CTC_TYPES.has(type) && architecture === undefined) return 'ctc'
  const what = architecture ?? type
  if (what === undefined)
    throw new LinguluError(
      'MODEL_INVALID',
      `${join(root, 'config.json')} names neither a model_type nor architectures.`,
    )
  throw new LinguluError(
    'MODEL_INVALID',
    `${root} holds a model that does not transcribe, or that lingulu does not know: ${what}.`,
    {
      hint: 'Whisper models, and models with a CTC head (Wav2Vec2ForCTC, HubertForCTC, WavLMForCTC, …) can transcribe.',
    },
  )
}

type Surveys = ReadonlyMap<string, OnnxSurvey>

/** Operators whose scales come from all the values they are given. */
const DYNAMIC = ['DynamicQuantizeLinear', 'DynamicQuantizeMatMul', 'DynamicQuantizeLSTM']

function whisperParts(root: string, onnx: Extract<OnnxFiles, {kind: 'whisper'}>, surveys: Surveys) {
  const isDynamic = (paths: readonly string[]) =>
    paths.some(path => DYNAMIC.some(operator => surveys.get(path)?.operators.has(operator)))
  return {
    encoder: join(root, onnx.encoder),
    decoder: decoderLayout(root, onnx),
    dynamic: {encoder: isDynamic([onnx.encoder]), decoder: isDynamic(onnx.decoder)},
  }
}

function decoderLayout(root: string, {layout, decoder}: Extract<OnnxFiles, {kind: 'whisper'}>) {
  const [first, withPast] = decoder
  if (first === undefined) throw new Error('a decoder has at least one file')
  if (layout === 'fused') return {layout, path: join(root, first)}
  if (withPast === undefined) return {layout: 'merged' as const, path: join(root, first)}
  return {layout: 'split' as const, first: join(root, first), withPast: join(root, withPast)}
}

/** What the ONNX files hold, by their paths; the weight files they point to must be there and inside the folder. */
async function surveyFiles({path: root}: ModelFiles, onnx: readonly string[]): Promise<Surveys> {
  const surveys = new Map<string, OnnxSurvey>()
  for (const file of onnx) {
    const survey = await surveyOnnx(join(root, file))
    surveys.set(file, survey)
    for (const location of survey.externalData) await requireExternalData(root, file, location)
  }
  return surveys
}

async function requireExternalData(root: string, file: string, location: string): Promise<void> {
  const data = dataPath(file, location)
  if (isAbsolute(location) || data.startsWith('..'))
    throw new LinguluError('MODEL_INVALID', `${join(root, file)} wants weights from outside its folder: ${location}.`)
  if ((await stat(join(root, data)).catch(() => undefined)) === undefined)
    throw new LinguluError(
      'MODEL_INVALID',
      `${join(root, data)} is missing: ${basename(file)} keeps its weights there.`,
      {hint: 'Copy it beside the ONNX file, or fetch the model again: `lingulu models pull`.'},
    )
}

function* externalData(surveys: Surveys): Generator<string> {
  for (const [file, survey] of surveys) for (const location of survey.externalData) yield dataPath(file, location)
}

function dataPath(file: string, location: string): string {
  return posix.join(dirname(file), location.replaceAll('\\', '/'))
}

/** SHA-256 over the names and the SHA-256 of the files, so that equal files make equal models wherever they stand. */
export async function hashModel(root: string, files: readonly string[], env: Environment | undefined): Promise<string> {
  const model = createHash('sha256')
  for (const file of files) model.update(`${await hashFile(join(root, file), env)}  ${file}\n`)
  return model.digest('hex')
}

import {readFile} from 'node:fs/promises'
import {z} from 'zod'
import {LinguluError} from '../../../errors.js'
import {type Checkpoint, openCheckpoint} from '../../../export/checkpoint.js'
import {floatSource, readFloats} from '../../../export/float-source.js'
import {WhisperConfig} from '../../../export/whisper/config.js'
import {type ModelFiles, openModelFiles, requireModelFile, requireModelJson} from '../../../models/model-files.js'
import {readWhisperConfig} from '../../../models/read-whisper-config.js'
import type {ResolveOptions} from '../../../models/resolve-model.js'
import {parseTokenizerJson} from '../../../text/byte-level-bpe.js'
import {createWhisperTokenizer, type WhisperTokenizer} from '../../../text/whisper-tokenizer.js'
import {fromHuggingFace, huggingFaceShape} from '../../architectures/whisper-weights.js'
import type {DeclaredParameter} from '../../engine/declared-parameters.js'
import type {Values} from '../../engine/training-engine.js'
import {resolveCheckpoint} from '../resolve-checkpoint.js'
import type {Weights} from '../training-task.js'
import {newWhisperConfig} from './new-whisper.js'
import {sinusoids} from './sinusoids.js'
import type {WhisperModelConfig} from './whisper-config.js'

/** The model that training starts from. */
export interface WhisperSource {
  readonly config: WhisperConfig
  /** All of config.json. */
  readonly document: Readonly<Record<string, unknown>>
  readonly tokenizer: WhisperTokenizer
  /** The folder with the tokenizer. */
  readonly files: ModelFiles
  /** Positions of the encoder, [max_source_positions, width]. They are never trained. */
  readonly positions: Float32Array
  /** Where the weights are; undefined where they are to be drawn. */
  readonly checkpoint: Checkpoint | undefined
  /** How users call it. */
  readonly name: string
}

const POSITIONS = 'model.encoder.embed_positions.weight'
const AnyObject = z.record(z.string(), z.unknown())

/** @throws LinguluError MODEL_MISSING, MODEL_INVALID, MODEL_DOWNLOAD, OFFLINE, CONFIG_INVALID */
export async function openWhisperSource(model: WhisperModelConfig, options: ResolveOptions): Promise<WhisperSource> {
  return model.checkpoint === undefined ? newSource(model) : checkpointSource(model.checkpoint, options)
}

async function checkpointSource(reference: string, options: ResolveOptions): Promise<WhisperSource> {
  const path = await resolveCheckpoint(reference, options)
  const checkpoint = await openCheckpoint(path)
  const {files} = checkpoint
  const document = await requireModelJson(files, 'config.json', AnyObject)
  if (document.model_type !== 'whisper')
    throw new LinguluError(
      'MODEL_INVALID',
      `${path} is no Whisper: its model_type is ${String(document.model_type)}.`,
      {
        hint: 'Choose a Whisper checkpoint for the task whisper, or another task.',
      },
    )
  const config = await requireModelJson(files, 'config.json', WhisperConfig)
  const {config: folder, tokenizer: file} = await readWhisperConfig(files)
  const positions = await readTensor(checkpoint, POSITIONS, [config.max_source_positions, config.d_model])
  const tokenizer = await readTokenizer(file, folder.multilingual)
  checkVocabulary(tokenizer, config, path)
  return {config, document, tokenizer, files, positions, checkpoint, name: reference}
}

async function newSource(model: WhisperModelConfig): Promise<WhisperSource> {
  const {tokenizer: folder = ''} = model
  const files = await openModelFiles(folder)
  const file = requireModelFile(files, 'tokenizer.json')
  const knowsLanguages = model.use_multilingual ?? (await readTokenizer(file, true)).languageTokens.size > 0
  const tokenizer = await readTokenizer(file, knowsLanguages)
  const document = newWhisperConfig(model, tokenizer)
  const config = WhisperConfig.parse(document)
  const positions = sinusoids(config.max_source_positions, config.d_model)
  return {config, document, tokenizer, files, positions, checkpoint: undefined, name: model.model_size ?? 'new'}
}

async function readTokenizer(path: string, multilingual: boolean): Promise<WhisperTokenizer> {
  const vocabulary = parseTokenizerJson(await readFile(path, 'utf8'), path)
  return createWhisperTokenizer(vocabulary, {multilingual, name: path})
}

function checkVocabulary(tokenizer: WhisperTokenizer, {vocab_size: size}: WhisperConfig, path: string): void {
  if (tokenizer.noTimestamps < size) return
  throw new LinguluError('MODEL_INVALID', `${path}: tokenizer.json has tokens that the vocabulary of ${size} lacks.`, {
    hint: 'Copy tokenizer.json from the repository that the checkpoint comes from.',
  })
}

/**
 * Parameters of a checkpoint in the layout of training. Tensors in half precision become floats.
 *
 * @throws LinguluError MODEL_INVALID naming the tensor; the signal's reason
 */
export async function readWhisperWeights(
  checkpoint: Checkpoint,
  parameters: readonly DeclaredParameter[],
  signal?: AbortSignal,
): Promise<Weights> {
  const weights = new Map<string, Values<Float32Array>>()
  for (const {name, shape} of parameters) {
    signal?.throwIfAborted()
    const stored = await readTensor(checkpoint, name, huggingFaceShape(name, shape))
    weights.set(name, {values: fromHuggingFace(name, stored, shape), shape})
  }
  return weights
}

async function readTensor({path, tensors}: Checkpoint, name: string, shape: readonly number[]): Promise<Float32Array> {
  const tensor = tensors.get(name)
  if (tensor?.shape.join() === shape.join()) return readFloats(floatSource(tensor))
  const problem = tensor === undefined ? 'is not there' : `has the shape [${tensor.shape.join(', ')}]`
  throw new LinguluError(
    'MODEL_INVALID',
    `${path}: tensor ${JSON.stringify(name)} ${problem}, not [${shape.join(', ')}].`,
    {
      hint: 'config.json and the weights come from different models, or these are not weights of a whole Whisper.',
    },
  )
}

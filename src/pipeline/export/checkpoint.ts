import {readFile, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {type ModelFiles, openModelFiles} from '../models/model-files.js'
import {readSafetensors} from './safetensors-read.js'
import type {StoredTensor} from './safetensors-types.js'

/** The weights of a folder in Hugging Face's layout. */
export interface Checkpoint {
  readonly path: string
  /** What the folder holds. */
  readonly files: ModelFiles
  /** The names of the files with weights. */
  readonly weightFiles: readonly string[]
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

const SINGLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'
const PICKLED = /\.(?:bin|pt|pth|ckpt)$/

/** `model.safetensors.index.json`. Shards stand beside it. */
const ShardIndex = z.object({weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+\.safetensors$/))})

/**
 * Opens the weights of a folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
 *
 * @param path the folder, or its `model.safetensors`
 * @throws LinguluError MODEL_MISSING; MODEL_INVALID, also for weights as pickles, with the way to convert them.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const folder = await folderOf(path)
  const files = await openModelFiles(folder)
  if (files.names.has(SINGLE)) {
    const {tensors} = await readSafetensors(join(folder, SINGLE))
    return {path: folder, files, weightFiles: [SINGLE], tensors}
  }
  if (files.names.has(INDEX)) return openShards(folder, files)
  throw withoutSafetensors(folder, files.names)
}

async function folderOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    throw new LinguluError('MODEL_MISSING', `There is no checkpoint ${path}.`, {
      hint: 'Give a folder with config.json and model.safetensors; `lingulu models pull MODEL --weights` fetches one from the hub.',
    })
  if (found.isDirectory()) return path
  if (basename(path) === SINGLE || basename(path) === INDEX) return dirname(path)
  if (PICKLED.test(path)) throw pickled(path)
  throw new LinguluError('MODEL_INVALID', `${path} is a file, not a checkpoint.`, {
    hint: 'Give the folder that holds config.json and model.safetensors.',
  })
}

async function openShards(folder: string, files: ModelFiles): Promise<Checkpoint> {
  const path = join(folder, INDEX)
  const weightMap = await readIndex(path)
  const shards = new Map<string, ReadonlyMap<string, StoredTensor>>()
  const tensors = new Map<string, StoredTensor>()
  for (const [name, file] of Object.entries(weightMap)) {
    if (!files.names.has(file))
      throw new LinguluError('MODEL_INVALID', `${path} names ${file}, which is not there.`, {
        hint: 'Copy or fetch all shards of the checkpoint.',
      })
    const shard = shards.get(file) ?? (await readSafetensors(join(folder, file))).tensors
    shards.set(file, shard)
    const tensor = shard.get(name)
    if (tensor === undefined)
      throw new LinguluError('MODEL_INVALID', `${path}: tensor ${JSON.stringify(name)} is not in ${file}.`, {
        hint: 'The index and the shards come from different checkpoints: copy all from one.',
      })
    tensors.set(name, tensor)
  }
  return {path: folder, files, weightFiles: [INDEX, ...shards.keys()], tensors}
}

async function readIndex(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return ShardIndex.parse(JSON.parse(await readFile(path, 'utf8'))).weight_map
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? explainIssues(cause) : String(cause)
    throw new LinguluError('MODEL_INVALID', `${path}\n${problem}`, {cause})
  }
}

function withoutSafetensors(folder: string, names: ReadonlySet<string>): LinguluError {
  const isOnnx = [...names].some(name => name.endsWith('.onnx'))
  const found = [...names].find(name => PICKLED.test(name) && !name.startsWith('training_args'))
  if (found !== undefined && !isOnnx) return pickled(join(folder, found))
  return new LinguluError('MODEL_INVALID', `${folder} has no ${SINGLE}.`, {
    hint: isOnnx
      ? 'Its weights are ONNX files already: `lingulu transcribe --model` takes the folder as it is.'
      : '`lingulu models pull MODEL --weights` fetches a checkpoint from the hub.',
  })
}

const pickled = (path: string) =>
  new LinguluError(
    'MODEL_INVALID',
    `${path} holds its weights as a Python pickle: opening one runs code that stands in it, and lingulu does not.`,
    {
      hint: "Look for a copy with model.safetensors, or convert it where you trust it, in its folder: python -c \"import json, transformers; getattr(transformers, json.load(open('config.json'))['architectures'][0]).from_pretrained('.').save_pretrained('safetensors')\"",
    },
  )

import {readdir, readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import type {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'

/** A model folder's files, and a note of those that were used: they are what the model's hash is over. */
export interface ModelFiles {
  readonly path: string
  /** Relative paths of the files at the top and in `onnx/`. */
  readonly names: ReadonlySet<string>
  readonly used: Set<string>
}

/**
 * Lists a model folder.
 *
 * @throws LinguluError `MODEL_MISSING` if it is not there, `MODEL_INVALID` if it is no folder.
 */
export async function openModelFiles(path: string): Promise<ModelFiles> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) throw new LinguluError('MODEL_MISSING', `There is no model folder ${path}.`)
  if (!stats.isDirectory()) throw notAFolder(path)
  const [top, onnx] = await Promise.all([fileNames(path), fileNames(join(path, 'onnx'))])
  return {path, names: new Set([...top, ...onnx.map(name => `onnx/${name}`)]), used: new Set()}
}

/**
 * Reads a JSON file of the folder; undefined if it is not there.
 *
 * @throws LinguluError `MODEL_INVALID` naming the file and the fields that are wrong.
 */
export async function readModelJson<T>(files: ModelFiles, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  if (!files.names.has(name)) return undefined
  files.used.add(name)
  const path = join(files.path, name)
  const parsed = schema.safeParse(parseJson(path, await readFile(path, 'utf8')))
  if (!parsed.success) throw new LinguluError('MODEL_INVALID', `${path}\n${explainIssues(parsed.error)}`)
  return parsed.data
}

/** Like {@link readModelJson}, for a file the model cannot do without. */
export async function requireModelJson<T>(files: ModelFiles, name: string, schema: z.ZodType<T>): Promise<T> {
  const value = await readModelJson(files, name, schema)
  if (value !== undefined) return value
  throw missingFile(files, name)
}

/** The absolute path of a file the model cannot do without. */
export function requireModelFile(files: ModelFiles, name: string): string {
  if (!files.names.has(name)) throw missingFile(files, name)
  files.used.add(name)
  return join(files.path, name)
}

function missingFile({path, names}: ModelFiles, name: string): LinguluError {
  return new LinguluError('MODEL_INVALID', `${path} has no ${name}.`, {
    hint:
      names.size === 0
        ? 'The folder is empty.'
        : name === 'config.json'
          ? 'A model folder has Hugging Face’s layout: config.json, the tokenizer, and the ONNX files in onnx/ or beside it.'
          : `Copy ${name} from the repository that the model comes from.`,
  })
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch (cause) {
    throw new LinguluError('MODEL_INVALID', `${path} is not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}

async function fileNames(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, {withFileTypes: true})
    return entries.filter(entry => !entry.isDirectory()).map(entry => entry.name)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return []
    throw new LinguluError(
      'MODEL_INVALID',
      `${folder} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      {cause},
    )
  }
}

function notAFolder(path: string): LinguluError {
  const hint = path.endsWith('.onnx')
    ? 'Give the folder that holds config.json; the ONNX files stand in it or in its onnx/.'
    : /\.(?:bin|gguf)$/.test(path)
      ? 'GGML files (whisper.cpp) cannot be read: take an ONNX export, for example `--model whisper-base.en`.'
      : /\.(?:pt|pth)$/.test(path)
        ? 'PyTorch files cannot be read: take an ONNX export, for example `--model whisper-base.en`.'
        : 'A model is a folder in Hugging Face’s layout.'
  return new LinguluError('MODEL_INVALID', `${path} is a file, not a model folder.`, {hint})
}

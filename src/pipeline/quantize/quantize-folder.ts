import {copyFile, mkdir, rm} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {LinguluError} from '../errors.js'
import {externalDataFiles} from '../models/onnx-external-data.js'
import {runTool} from '../tools/run-tool.js'
import {bytesWithData} from '../tools/transform-file.js'
import {type FileTransform, type TransformedFolder, transformFolder} from '../tools/transform-folder.js'
import type {PlannedFile, QuantizationPlan} from './plan-quantization.js'
import {QuantizeDone} from './quantize-tool.js'
import type {RecipeStep} from './recipes.js'
import {unmatchedKey} from './step-problems.js'

/** One file that was quantized. */
export interface QuantizedFile extends QuantizeDone {
  /** Relative to their folders, with `/`. */
  readonly source: string
  readonly target: string
  readonly graph: string
}

export interface QuantizeFolderOptions {
  readonly to: string
  /** What graphs were fed, for static-int8. */
  readonly feeds?: ReadonlyMap<string, string> | undefined
  /** Nodes that stay as they are, by graph. Then files may stay whole. */
  readonly kept?: ReadonlyMap<string, readonly string[]> | undefined
  /** Steps that change nothing are no error as long as something changes. */
  readonly lenient?: boolean | undefined
  /** Patterns that all steps were narrowed by. One that matches nothing in any file is an error all the same. */
  readonly patterns?: Patterns | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((source: string, fraction: number) => void) | undefined
  readonly onFile?: ((file: QuantizedFile) => void) | undefined
}

interface Patterns {
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
}

/**
 * Makes a quantized copy of a model folder, by `onnx-quantize`, file after file.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED, MODEL_INVALID; OPTION_UNSUPPORTED for steps and names without effect
 *   on any file; WORKER_CRASHED; the signal's reason
 */
export async function quantizeFolder(
  plan: QuantizationPlan,
  options: QuantizeFolderOptions,
): Promise<TransformedFolder & {readonly files: readonly QuantizedFile[]}> {
  const {to, kept, signal, onFile} = options
  const planned = new Map(plan.files.map(file => [file.name, file]))
  const files: QuantizedFile[] = []
  const made = await transformFolder<QuantizeDone>({
    ...plan,
    to,
    signal,
    format: 'lingulu-quantize',
    options: kept === undefined ? {recipe: plan.recipe} : {recipe: plan.recipe, kept: Object.fromEntries(kept)},
    rename: name => planned.get(name)?.targetName ?? name,
    transform: async transform => {
      const file = planned.get(transform.name)
      if (file === undefined) throw new RangeError(`${transform.name} is not planned`)
      const {done, target} = await quantizeFile(file, transform, options)
      const quantized = {...done, source: file.name, target, graph: file.graph}
      files.push(quantized)
      onFile?.(quantized)
      return done
    },
    finish: async () => {
      checkEffect(plan, files, options)
      return []
    },
  })
  return {...made, files}
}

async function quantizeFile(file: PlannedFile, transform: FileTransform, options: QuantizeFolderOptions) {
  const {feeds, kept, signal, onProgress} = options
  const steps = file.steps.map(step => withoutNodes(step, kept?.get(file.graph) ?? []))
  if (steps.length === 0) return await keepFile(transform)
  const done = await quantizeWithTool(transform, steps, {
    feeds: feeds?.get(file.graph),
    signal,
    onProgress: fraction => onProgress?.(file.name, fraction),
  })
  if (done.nodes.length > 0) return {done, target: transform.targetName}
  for (const path of done.files) await rm(path)
  return await keepFile(transform, done.problems)
}

function withoutNodes(step: RecipeStep, names: readonly string[]): RecipeStep {
  return names.length === 0 ? step : {...step, exclude: [...(step.exclude ?? []), ...names]}
}

export interface RunOptions {
  readonly feeds?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** One ONNX file by `onnx-quantize`. What has no effect is told of in `problems`. */
export async function quantizeWithTool(
  {source, target}: Pick<FileTransform, 'source' | 'target'>,
  steps: readonly RecipeStep[],
  {feeds, signal, onProgress}: RunOptions,
): Promise<QuantizeDone> {
  const calibration = steps.some(({method}) => method === 'static-int8') ? feeds : undefined
  if (calibration === undefined && steps.some(({method}) => method === 'static-int8'))
    throw new LinguluError('OPTION_UNSUPPORTED', `static-int8 needs to see what ${source} is fed.`, {
      hint: 'Give recordings with --data. A graph that none of them runs cannot be calibrated.',
    })
  const more = calibration === undefined ? [] : ['--calibration', calibration]
  return await runTool('onnx-quantize', [source, '--out', target, '--recipe', '-', '--lenient', ...more], {
    done: QuantizeDone,
    input: JSON.stringify({steps}),
    signal,
    onEvent: event => {
      if (event.type === 'progress') onProgress?.(event.fraction)
    },
  })
}

/** Copies a file under its own name, with its weights. */
async function keepFile({name, source, target}: FileTransform, problems: QuantizeDone['problems'] = []) {
  const path = join(dirname(target), name.slice(name.lastIndexOf('/') + 1))
  const files = [path]
  await copyFile(source, path)
  for (const location of await externalDataFiles(source)) {
    const data = join(dirname(path), location)
    await mkdir(dirname(data), {recursive: true})
    await copyFile(join(dirname(source), location), data)
    files.push(data)
  }
  const bytes = await bytesWithData(path)
  const done: QuantizeDone = {type: 'done', files, bytes, sourceBytes: bytes, nodes: [], problems}
  return {done, target: name}
}

/** What has no effect in one file may have one in another with the same steps; in none it is a mistake. */
function checkEffect(
  {files: planned, from}: QuantizationPlan,
  files: readonly QuantizedFile[],
  {kept, lenient = false, patterns = {}}: QuantizeFolderOptions,
): void {
  if (kept !== undefined) return
  const {include = [], exclude = []} = patterns
  for (const one of include) requireMatch(planned, files, {include: [one]})
  for (const one of exclude) requireMatch(planned, files, {exclude: [one]})
  const [first] = files.flatMap(({problems}) => problems)
  if (files.every(({nodes}) => nodes.length === 0))
    throw new LinguluError('OPTION_UNSUPPORTED', first?.message ?? `Nothing of ${from} can be quantized.`, {
      hint: first?.hint,
    })
  if (lenient) return
  for (const [index, file] of files.entries()) {
    const steps = JSON.stringify(planned[index]?.steps)
    const alike = files.filter((_, other) => JSON.stringify(planned[other]?.steps) === steps)
    const problem = file.problems.find(({key}) => alike.every(({problems}) => problems.some(one => one.key === key)))
    if (problem !== undefined) throw new LinguluError('OPTION_UNSUPPORTED', problem.message, {hint: problem.hint})
  }
}

type PatternOf = {readonly include: string[]} | {readonly exclude: string[]}

/** A pattern must match a node for some step of some file. */
function requireMatch(planned: readonly PlannedFile[], files: readonly QuantizedFile[], selection: PatternOf): void {
  const tried = files.flatMap(({problems}, index) =>
    (planned[index]?.steps ?? []).map(step => {
      const key = unmatchedKey(step, selection)
      return problems.find(problem => problem.key === key)
    }),
  )
  const [problem] = tried
  if (problem === undefined || tried.includes(undefined)) return
  throw new LinguluError('OPTION_UNSUPPORTED', problem.message, {hint: problem.hint})
}

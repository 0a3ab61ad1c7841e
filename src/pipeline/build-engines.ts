import {constants, copyFile, rm, stat} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {type RunProgram, runProgram} from './doctor/run-program.js'
import {type FileRecord, recordFile} from './models/file-record.js'
import type {PrecisionChoice} from './models/model-folder.js'
import {convertToFloat16} from './onnx/float16.js'
import {readModel} from './onnx/read-model.js'
import {writeModel} from './onnx/write-model.js'
import {streamEvents} from './runtime/event-stream.js'
import {buildEngine} from './tensorrt/build-engine.js'
import type {EnginePrecision} from './tensorrt/build-flags.js'
import {
  copyQuickly,
  engineKey,
  findEngine,
  keepEngine,
  putTimingCache,
  takeTimingCache,
  timingCachePath,
} from './tensorrt/engine-cache.js'
import {type EngineRecord, type EnginesRecord, writeEnginesRecord} from './tensorrt/engine-record.js'
import {type EngineSource, modelPath, openEngineSource} from './tensorrt/engine-source.js'
import {findTrtexec} from './tensorrt/find-trtexec.js'
import {type GpuIdentity, gpuIdentity} from './tensorrt/gpu-identity.js'
import type {BuildLog} from './tensorrt/parse-build-log.js'
import {type PlannedEngine, type PlanOptions, planEngines} from './tensorrt/plan-engines.js'
import {probeTrtexec} from './tensorrt/probe-trtexec.js'
import {PROFILE_DEFAULTS} from './tensorrt/shape-profiles.js'
import {formatTensorRtVersion} from './tensorrt/trtexec-version.js'
import {writeFolder} from './transcripts/draft-folder.js'
import {refuseExisting} from './transcripts/refuse-existing.js'

type Optional<Options> = {readonly [Name in keyof Options]?: Options[Name] | undefined}

export interface BuildEnginesOptions extends Optional<PlanOptions> {
  /** A model folder, or one ONNX file. */
  readonly from: string
  /** The folder to make; it must not be there. */
  readonly out: string
  /** Which of the folder's ONNX files. Default `auto`: fp32. */
  readonly source?: PrecisionChoice | undefined
  /** Default: as the ONNX files say it. */
  readonly precision?: EnginePrecision | undefined
  /** The program; default: see `findTrtexec`. */
  readonly trtexec?: string | undefined
  /** Take engines that were built before, and keep these. Default true. */
  readonly cache?: boolean | undefined
}

export type BuildEnginesEvent =
  | {
      readonly type: 'plan'
      readonly trtexec: string
      readonly tensorrt: string
      /** Undefined where `nvidia-smi` does not tell it. */
      readonly gpu: GpuIdentity | undefined
      /** Names of the files to be made. */
      readonly engines: readonly string[]
    }
  /** Something the user should know. */
  | {readonly type: 'note'; readonly message: string}
  | {readonly type: 'build'; readonly engine: string; readonly flags: readonly string[]}
  /** A line of `trtexec`'s output. */
  | {readonly type: 'log'; readonly engine: string; readonly line: string}
  | {readonly type: 'engine'; readonly engine: EngineRecord}
  | {readonly type: 'done'; readonly folder: string; readonly bytes: number; readonly record: EnginesRecord}

export interface BuildEnginesContext {
  readonly signal?: AbortSignal | undefined
  /** Default: that of the process. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Starts `nvidia-smi`. */
  readonly run?: RunProgram | undefined
}

/**
 * Builds TensorRT engines from a model's ONNX files with NVIDIA's `trtexec`, on the GPU that they will run on. Engines are
 * kept in lingulu's cache by model, GPU, driver, TensorRT and options. The folder appears when all are there, each with
 * the log of its build; when one fails, its log stays beside the folder's place, and nothing else.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE (no trtexec, no GPU), OUTPUT_EXISTS, OUTPUT_FAILED, MODEL_MISSING,
 *   MODEL_INVALID, OPTION_UNSUPPORTED, USAGE, OUT_OF_MEMORY, WORKER_CRASHED; the signal's reason
 */
export function buildEngines(
  options: BuildEnginesOptions,
  {signal, env = process.env, run = runProgram}: BuildEnginesContext = {},
): AsyncGenerator<BuildEnginesEvent> {
  return streamEvents<BuildEnginesEvent>(
    async (emit, abort) => work(options, {env, run, emit, signal: abort.signal}),
    signal,
  )
}

type Emit = (event: BuildEnginesEvent) => void

function withDefaults(options: BuildEnginesOptions): PlanOptions {
  const {precision = 'source', maxBatch, maxBeams, minSeconds, optSeconds, maxSeconds} = options
  return {
    ...options,
    precision,
    maxBatch: maxBatch ?? PROFILE_DEFAULTS.maxBatch,
    maxBeams: maxBeams ?? PROFILE_DEFAULTS.maxBeams,
    minSeconds: minSeconds ?? PROFILE_DEFAULTS.minSeconds,
    optSeconds: optSeconds ?? PROFILE_DEFAULTS.optSeconds,
    maxSeconds: maxSeconds ?? PROFILE_DEFAULTS.maxSeconds,
  }
}

interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly run: RunProgram
  readonly emit: Emit
  readonly signal: AbortSignal
}

async function work(options: BuildEnginesOptions, {env, run, emit, signal}: Surroundings): Promise<void> {
  const out = resolve(options.out)
  await refuseExisting(out)
  const source = await openEngineSource(options.from, options.source ?? 'auto')
  const program = await findTrtexec({path: options.trtexec, env})
  const version = await probeTrtexec(program, signal)
  const tensorrt = formatTensorRtVersion(version)
  const gpu = await gpuIdentity(run, options.device ?? 0, env)
  const planned = await planEngines(source, version, withDefaults(options), signal)
  emit({type: 'plan', trtexec: program, tensorrt, gpu, engines: planned.map(({name}) => name)})
  const cached = options.cache ?? true
  if (cached && gpu === undefined)
    emit({type: 'note', message: 'nvidia-smi does not tell which GPU this is: engines are not kept in the cache.'})
  const context = {source, program, tensorrt, gpu: cached ? gpu : undefined, env, out, emit, signal}
  const {record, bytes} = await writeFolder(
    out,
    async draft => {
      const engines: EngineRecord[] = []
      let built: BuildLog['gpu']
      for (const plan of planned) {
        const made = await makeEngine(plan, draft, context)
        built ??= made.gpu
        engines.push(made.engine)
        emit({type: 'engine', engine: made.engine})
      }
      const files: FileRecord[] = planned.flatMap(plan => plan.files)
      const record = await writeEnginesRecord(draft, options.from, {tensorrt, gpu: gpu ?? built ?? {}, engines, files})
      return {record, bytes: engines.reduce((sum, {bytes}) => sum + bytes, 0)}
    },
    signal,
  )
  emit({type: 'done', folder: options.out, bytes, record})
}

interface Work {
  readonly source: EngineSource
  readonly program: string
  readonly tensorrt: string
  /** Undefined where the cache is not used. */
  readonly gpu: GpuIdentity | undefined
  readonly env: NodeJS.ProcessEnv
  readonly out: string
  readonly emit: Emit
  readonly signal: AbortSignal
}

interface Made {
  readonly engine: EngineRecord
  readonly gpu: BuildLog['gpu']
}

async function makeEngine(plan: PlannedEngine, draft: string, work: Work): Promise<Made> {
  const {gpu, tensorrt, env, signal} = work
  const key = gpu === undefined ? undefined : engineKey({...plan, gpu, tensorrt})
  const enginePath = join(draft, plan.name)
  const logPath = `${enginePath}.log`
  const found = key === undefined ? undefined : await findEngine(key, env)
  if (found !== undefined) {
    await copyQuickly(found.enginePath, enginePath)
    await copyQuickly(found.logPath, logPath)
    return {engine: await recordOf(plan, draft, found.buildSeconds, true, signal), gpu: undefined}
  }
  const log = await build(plan, {draft, enginePath, logPath}, work)
  const engine = await recordOf(plan, draft, log.buildSeconds, false, signal)
  // Another GPU than the one asked about was used, as inside some containers: its engine must not be kept as that one's.
  if (key !== undefined && log.gpu?.name === gpu?.name)
    await keepEngine(key, {enginePath, logPath, buildSeconds: log.buildSeconds}, env)
  return {engine, gpu: log.gpu}
}

interface Places {
  readonly draft: string
  readonly enginePath: string
  readonly logPath: string
}

async function build(plan: PlannedEngine, {draft, enginePath, logPath}: Places, work: Work): Promise<BuildLog> {
  const {source, program, gpu, tensorrt, env, out, emit, signal} = work
  const {name: engine, flags} = plan
  emit({type: 'build', engine, flags})
  const original = modelPath(source, plan.model)
  const converted = plan.convertedToHalf ? join(draft, 'converted.onnx') : undefined
  const files: string[] = []
  if (converted !== undefined)
    files.push(...(await writeModel(convertToFloat16(await readModel(original)), converted, {signal})).files)
  const timing = gpu === undefined ? undefined : timingCachePath(gpu, tensorrt, env)
  const timingCopy = timing === undefined ? undefined : join(draft, 'timing.cache')
  const keptLogPath = await freePath(`${out}.failed`, '.log')
  try {
    if (timing !== undefined && timingCopy !== undefined) await takeTimingCache(timing, timingCopy)
    const onLine = (line: string) => emit({type: 'log', engine, line})
    const log = await buildEngine(
      {
        ...{program, onnx: converted ?? original, onnxName: plan.model, flags, enginePath, logPath, keptLogPath},
        ...{timingCachePath: timingCopy, env, onLine},
      },
      signal,
    )
    if (timing !== undefined && timingCopy !== undefined) await putTimingCache(timingCopy, timing)
    return log
  } catch (error) {
    if (!signal.aborted) await copyFile(logPath, keptLogPath, constants.COPYFILE_EXCL).catch(() => undefined)
    throw error
  } finally {
    for (const file of [...files, timingCopy]) if (file !== undefined) await rm(file, {force: true})
  }
}

async function recordOf(
  {name, model, convertedToHalf, flags}: PlannedEngine,
  folder: string,
  buildSeconds: number | undefined,
  cached: boolean,
  signal: AbortSignal,
): Promise<EngineRecord> {
  return {...(await recordFile(folder, name, signal)), source: model, convertedToHalf, flags, buildSeconds, cached}
}

/** A name that nothing has yet. */
async function freePath(stem: string, extension: string): Promise<string> {
  for (let count = 1; ; count++) {
    const path = `${stem}${count === 1 ? '' : `-${count}`}${extension}`
    if ((await stat(path).catch(() => undefined)) === undefined) return path
  }
}

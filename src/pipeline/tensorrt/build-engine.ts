import {open, readFile, rm, stat} from 'node:fs/promises'
import {basename} from 'node:path'
import {LinguluError} from '../errors.js'
import {diagnoseBuild} from './diagnose-build.js'
import {GPU_ORDER} from './gpu-identity.js'
import {type BuildLog, parseBuildLog} from './parse-build-log.js'

export interface EngineBuild {
  /** The `trtexec` to start. */
  readonly program: string
  readonly onnx: string
  /** What messages call the ONNX file, where it is a converted copy. */
  readonly onnxName: string
  /** Options without file names. */
  readonly flags: readonly string[]
  /** Where the engine and the log go; nothing must be there. */
  readonly enginePath: string
  readonly logPath: string
  /** Where the log of a failed build will stand, for messages. Default: where it is written. */
  readonly keptLogPath?: string | undefined
  readonly timingCachePath?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** Told each line as it comes. */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Builds one engine and writes down all that `trtexec` says, in order. It counts as built if the exit code is 0, the
 * verdict is PASSED and the file is there.
 *
 * @throws LinguluError of {@link diagnoseBuild}, or PROVIDER_UNAVAILABLE if the program does not start; the signal's
 *   reason. The log stays, the engine does not.
 */
export async function buildEngine(build: EngineBuild, signal: AbortSignal): Promise<BuildLog> {
  const {program, onnx, onnxName, flags, enginePath, logPath, timingCachePath} = build
  signal.throwIfAborted()
  const files = [`--onnx=${onnx}`, `--saveEngine=${enginePath}`]
  const cache = timingCachePath === undefined ? [] : [`--timingCacheFile=${timingCachePath}`]
  try {
    const ended = await runLogged(build, [...files, ...flags, ...cache], signal)
    signal.throwIfAborted()
    const output = await readFile(logPath, 'utf8')
    const log = parseBuildLog(output)
    const isBuilt = (await stat(enginePath).catch(() => undefined))?.isFile() ?? false
    if (ended.exitCode === 0 && log.verdict === 'passed' && isBuilt) return log
    if (ended.code !== undefined && ended.exitCode === undefined && ended.killedBy === undefined)
      throw new LinguluError('PROVIDER_UNAVAILABLE', `${program} does not start (${ended.code}).`, {
        hint: 'Set TRTEXEC to the trtexec of NVIDIA TensorRT.',
      })
    throw diagnoseBuild({onnx: basename(onnxName), logPath: build.keptLogPath ?? logPath, log, output, ...ended})
  } catch (error) {
    await rm(enginePath, {force: true}).catch(() => undefined)
    throw error
  }
}

interface Ended {
  readonly exitCode: number | undefined
  readonly killedBy: string | undefined
  /** Of the system, where the program did not start. */
  readonly code: string | undefined
}

async function runLogged(build: EngineBuild, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  const {program, logPath, env, onLine} = build
  const {execa} = await import('execa')
  const log = await open(logPath, 'wx')
  try {
    const child = execa(program, args, {
      all: true,
      buffer: false,
      reject: false,
      stdin: 'ignore',
      env: {...env, ...GPU_ORDER},
      extendEnv: false,
      cancelSignal: signal,
      forceKillAfterDelay: 5000,
    })
    for await (const line of child.iterable({from: 'all'})) {
      await log.write(`${line}\n`)
      onLine?.(line)
    }
    const {exitCode, signal: killedBy, code} = await child
    return {exitCode, killedBy, code}
  } finally {
    await log.close()
  }
}

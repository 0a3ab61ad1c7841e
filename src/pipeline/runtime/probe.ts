import type {ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {providerFix, runtimeFolder} from './provider-fix.js'
import type {Provider} from './session.js'
import {withoutSourcePaths} from './session-error.js'
import {forkEntry, siblingEntry} from './start-entry.js'

export interface ProbeQuestion {
  readonly provider: Provider
  readonly deviceId?: number | undefined
}

/** What the probing process says. */
export type ProbeAnswer = {readonly ok: true} | {readonly ok: false; readonly reason: string}

export type ProbeResult =
  | {readonly provider: Provider; readonly available: true; readonly seconds: number}
  | {
      readonly provider: Provider
      readonly available: false
      readonly reason: string
      /** A command, or what to check. */
      readonly fix: string
    }

export interface ProbeOptions {
  readonly timeoutSeconds?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The process that tries; another one in tests. */
  readonly entry?: URL | undefined
}

/** A GPU driver that has just been loaded may take many seconds for its first context. */
const TIMEOUT_SECONDS = 60

/**
 * Whether a provider works: a process of its own opens a session on it and computes one addition. Only that is proof,
 * since libraries can be found and yet not fit together, and some abort the process that tries them.
 */
export async function probeProvider(
  {provider, deviceId}: ProbeQuestion,
  {timeoutSeconds = TIMEOUT_SECONDS, signal, entry = siblingEntry('./probe-child', import.meta.url)}: ProbeOptions = {},
): Promise<ProbeResult> {
  const started = performance.now()
  const missing = plainlyMissing(provider)
  const answer = missing ?? (await askChild(forkEntry(entry), {provider, deviceId}, timeoutSeconds, signal))
  if (answer.ok) return {provider, available: true, seconds: (performance.now() - started) / 1000}
  const reason = withoutSourcePaths(answer.reason)
  return {provider, available: false, reason, fix: providerFix(provider, answer.reason)}
}

/** Device files of the NVIDIA driver: on Linux itself, and under Windows' subsystem for Linux. */
const NVIDIA_DEVICES = ['/dev/nvidiactl', '/dev/dxg']

/** What is missing so plainly that no process need be started to know the answer. */
function plainlyMissing(provider: Provider): ProbeAnswer | undefined {
  if ((provider !== 'cuda' && provider !== 'tensorrt') || process.platform !== 'linux' || process.arch !== 'x64') return
  if (!NVIDIA_DEVICES.some(path => existsSync(path))) {
    return {ok: false, reason: `There is no NVIDIA GPU, or its driver is not loaded (no ${NVIDIA_DEVICES[0]}).`}
  }
  const name = `libonnxruntime_providers_${provider}.so`
  const path = join(runtimeFolder(), 'bin', 'napi-v6', process.platform, process.arch, name)
  if (existsSync(path)) return
  return {ok: false, reason: `onnxruntime-node's provider library is not installed: ${name}`}
}

async function askChild(
  child: ChildProcess,
  question: ProbeQuestion,
  timeoutSeconds: number,
  signal: AbortSignal | undefined,
): Promise<ProbeAnswer> {
  const limit = AbortSignal.timeout(timeoutSeconds * 1000)
  const stop = AbortSignal.any([limit, ...(signal === undefined ? [] : [signal])])
  const kill = () => child.kill('SIGKILL')
  if (stop.aborted) kill()
  stop.addEventListener('abort', kill, {once: true})
  let printed = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    printed = (printed + text).slice(-8000)
  })
  let answer: ProbeAnswer | undefined
  child.once('message', message => {
    answer = message as ProbeAnswer
  })
  // A child that dies at once cannot be written to; `close` tells of it.
  child.send(question, () => {})
  try {
    // `close` comes after the last output, which `exit` does not wait for.
    const [code, killer] = await once(child, 'close')
    signal?.throwIfAborted()
    if (answer !== undefined) return withCause(answer, stripVTControlCharacters(printed))
    if (limit.aborted) return {ok: false, reason: `gives no answer in ${timeoutSeconds} s`}
    return {ok: false, reason: `crashes the process that opens it (${killer ?? `exit code ${code}`})`}
  } finally {
    stop.removeEventListener('abort', kill)
  }
}

/** The error that ONNX Runtime throws hides which library is missing; the one it prints says so. */
function withCause(answer: ProbeAnswer, printed: string): ProbeAnswer {
  if (answer.ok) return answer
  const library = /Failed to load library .*? with error: (?:\/\S+: )?([^\n]+)/.exec(printed)
  const detail = (library ?? /Warning: ([^\n]+)/.exec(printed))?.[1]
  return detail === undefined ? answer : {ok: false, reason: `${answer.reason} (${detail})`}
}

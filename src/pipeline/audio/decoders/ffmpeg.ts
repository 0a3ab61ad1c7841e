import {resolve} from 'node:path'
import type {Readable} from 'node:stream'
import {LinguluError} from '../../errors.js'
import {audioWarning, type DecoderEvent, inSeconds, truncationWarning} from '../audio-event.js'
import {ByteReader} from '../byte-reader.js'
import type {ByteSource} from '../byte-source.js'
import {createFfmpegLog, type FfmpegLog} from './ffmpeg-log.js'
import {decodeWav} from './wav.js'

const STALL_SECONDS = 30
/** What `detectContainer` calls bytes that say nothing. */
const UNKNOWN = 'unknown'
/** Containers state their length to about a packet. */
const DURATION_TOLERANCE_SECONDS = 0.25

export interface FfmpegInput {
  readonly path: string
  /** How messages name the recording. */
  readonly name: string
  /** What the content was recognised as, for messages: `MP4/M4A`. */
  readonly what: string
  readonly signal?: AbortSignal | undefined
  /** How long ffmpeg may be silent before it is given up. */
  readonly stallSeconds?: number | undefined
}

/**
 * Decodes the first audio track through the `ffmpeg` on PATH. It writes a float wave with the source's rate and channels
 * to a pipe; down-mixing and resampling stay ours. ffmpeg waits while nobody reads, and is killed when it stalls.
 *
 * @throws LinguluError FFMPEG_MISSING, AUDIO_STALLED, AUDIO_UNSUPPORTED, AUDIO_CORRUPT, AUDIO_EMPTY
 */
export async function* decodeWithFfmpeg(input: FfmpegInput): AsyncGenerator<DecoderEvent> {
  const {name, signal} = input
  signal?.throwIfAborted()
  const process = await startFfmpeg(input)
  const reader = new ByteReader(process.output)
  try {
    if (!(await reader.fill(1))) throw await explainNothing(input, process)
    let format: Extract<DecoderEvent, {type: 'format'}> | undefined
    let samples = 0
    for await (const event of decodeWav({reader, name})) {
      if (event.type === 'pcm') samples += event.channels[0]?.length ?? 0
      if (event.type === 'format') {
        const {declaredSeconds, codec} = process.log
        format = {...event, container: input.what, codec: codec ?? event.codec, declaredSeconds}
        yield format
      } else yield event
    }
    const exitCode = await process.exited()
    if (samples === 0 && exitCode !== 0) throw await explainNothing(input, process)
    yield* doubts(input, process.log, exitCode, samples / (format?.sampleRateHz ?? 1))
  } finally {
    process.kill()
  }
}

interface FfmpegProcess {
  readonly output: ByteSource
  readonly log: FfmpegLog
  /** The exit code; NaN if a signal ended it. */
  exited(): Promise<number>
  kill(): void
}

async function startFfmpeg({
  path,
  name,
  what,
  signal,
  stallSeconds = STALL_SECONDS,
}: FfmpegInput): Promise<FfmpegProcess> {
  const {execa} = await import('execa')
  const child = execa('ffmpeg', ffmpegArguments(path), {
    stdin: 'ignore',
    buffer: false,
    reject: false,
    forceKillAfterDelay: 1000,
    ...(signal && {cancelSignal: signal}),
  })
  const log = createFfmpegLog(text => text.replaceAll(`file:${resolve(path)}`, name))
  child.stderr.setEncoding('utf8').on('data', log.write)
  const finished = child.then(result => {
    if (result.code === 'ENOENT') throw ffmpegMissing(name, what)
    return result.exitCode ?? Number.NaN
  })
  finished.catch(() => {}) // reported where it is awaited
  // Closing our ends lets go even of a child of a wrapper script that lives on.
  const kill = () => {
    child.kill('SIGKILL')
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const stalled = () =>
    new LinguluError(
      'AUDIO_STALLED',
      `ffmpeg gave nothing for ${inSeconds(stallSeconds)} while reading ${name}; it was stopped`,
    )
  return {
    output: pipeSource(child.stdout, stallSeconds, stalled, signal),
    log,
    exited: () => withTimeout(finished, stallSeconds, stalled),
    kill,
  }
}

function ffmpegArguments(path: string): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'level+info'],
    // Local files only: a playlist inside must not make ffmpeg open network addresses.
    ...['-protocol_whitelist', 'file,pipe'],
    // The prefix and the absolute path keep a name such as `-x.m4a` or `http:x` from being anything but a file.
    ...['-i', `file:${resolve(path)}`],
    ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-c:a', 'pcm_f32le', '-f', 'wav', 'pipe:1'],
  ]
}

function pipeSource(pipe: Readable, stallSeconds: number, stalled: () => Error, signal?: AbortSignal): ByteSource {
  const chunks = pipe.iterator({destroyOnReturn: true})
  return {
    totalBytes: undefined,
    async pull() {
      signal?.throwIfAborted()
      const next = await withTimeout(chunks.next(), stallSeconds, stalled).catch(error => {
        signal?.throwIfAborted()
        throw error
      })
      // A cancelled ffmpeg just closes its pipe.
      signal?.throwIfAborted()
      return next.done === true ? undefined : next.value
    },
    async close() {
      await chunks.return?.()
    },
  }
}

/** The clock runs only while we wait for ffmpeg, never while ffmpeg waits for us. */
async function withTimeout<T>(promise: Promise<T>, seconds: number, failure: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure()), seconds * 1000)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** ffmpeg gave no sound at all: says why, as far as it told. */
async function explainNothing({name, what}: FfmpegInput, {exited, log}: FfmpegProcess): Promise<LinguluError> {
  await exited()
  if (log.hasNoAudio) return new LinguluError('AUDIO_UNSUPPORTED', `${name} (${what}) has no audio track`)
  if (what === UNKNOWN) {
    return new LinguluError('AUDIO_UNSUPPORTED', `${name} is not in an audio format that lingulu or ffmpeg knows`)
  }
  if (log.firstError === undefined)
    return new LinguluError('AUDIO_EMPTY', `${name} (${what}) has an audio track without sound`)
  return new LinguluError('AUDIO_CORRUPT', `${name} (${what}) could not be decoded; ffmpeg says: ${log.firstError}`)
}

function* doubts({name}: FfmpegInput, log: FfmpegLog, exitCode: number, seconds: number): Generator<DecoderEvent> {
  const {declaredSeconds, firstError, errors} = log
  if (declaredSeconds !== undefined && seconds < declaredSeconds - DURATION_TOLERANCE_SECONDS) {
    yield truncationWarning(name, seconds, declaredSeconds)
  }
  if (firstError !== undefined) {
    const more = errors > 1 ? ` (and ${errors - 1} more)` : ''
    yield audioWarning('damaged', `${name} is damaged in places; ffmpeg says: ${firstError}${more}`)
  } else if (exitCode !== 0) {
    yield audioWarning(
      'damaged',
      `${name} may be incomplete: ffmpeg stopped with code ${exitCode} after ${inSeconds(seconds)}`,
    )
  }
}

function ffmpegMissing(name: string, what: string): LinguluError {
  const hint =
    'Install it: sudo apt install ffmpeg (Debian, Ubuntu) · brew install ffmpeg (macOS) · winget install ffmpeg (Windows)'
  const why = what === UNKNOWN ? 'is in no format that lingulu decodes itself; other formats need' : `(${what}) needs`
  return new LinguluError('FFMPEG_MISSING', `${name} ${why} ffmpeg, which is not on PATH`, {hint})
}

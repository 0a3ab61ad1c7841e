import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {SAMPLE_RATE_HZ} from '../audio/source.js'
import {LinguluError} from '../errors.js'
import {fitted} from './fitted.js'

export const LOSSY_CODECS = ['mp3', 'opus'] as const
export type LossyCodec = (typeof LOSSY_CODECS)[number]

const ENCODERS: Readonly<Record<LossyCodec, {readonly encoder: string; readonly file: string}>> = {
  mp3: {encoder: 'libmp3lame', file: 'sound.mp3'},
  opus: {encoder: 'libopus', file: 'sound.opus'},
}

const RAW = ['-f', 'f32le', '-ar', String(SAMPLE_RATE_HZ), '-ac', '1']

/**
 * 16 kHz mono samples through an encoder and back, by the `ffmpeg` on PATH; length and place stay.
 *
 * @throws LinguluError FFMPEG_MISSING; AUDIO_UNSUPPORTED if this ffmpeg lacks the encoder or fails; the signal's reason
 */
export async function throughLossyCodec(
  samples: Float32Array,
  {codec, kbps}: {readonly codec: LossyCodec; readonly kbps: number},
  signal?: AbortSignal,
): Promise<Float32Array> {
  const {encoder, file} = ENCODERS[codec]
  // Into a file and not a pipe: an encoder writes at last, at its beginning, how much silence it has added.
  const folder = await mkdtemp(join(tmpdir(), 'lingulu-codec-'))
  const path = join(folder, file)
  try {
    const input = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
    await runFfmpeg([...RAW, '-i', 'pipe:0', '-c:a', encoder, '-b:a', `${kbps}k`, path], {codec, input, signal})
    const decoded = await runFfmpeg(['-i', path, ...RAW, 'pipe:1'], {codec, signal})
    return fitted(new Float32Array(decoded.slice().buffer), samples.length)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

interface FfmpegWork {
  readonly codec: LossyCodec
  readonly input?: Uint8Array
  readonly signal: AbortSignal | undefined
}

async function runFfmpeg(arguments_: readonly string[], {codec, input, signal}: FfmpegWork): Promise<Uint8Array> {
  const {execa} = await import('execa')
  const result = await execa('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...arguments_], {
    encoding: 'buffer',
    reject: false,
    forceKillAfterDelay: 1000,
    ...(input ? {input} : {stdin: 'ignore' as const}),
    ...(signal && {cancelSignal: signal}),
  })
  signal?.throwIfAborted()
  if (result.exitCode === 0) return result.stdout
  if (result.code === 'ENOENT')
    throw new LinguluError('FFMPEG_MISSING', `${codec} needs ffmpeg, which is not on PATH`, {
      hint: 'Install it: sudo apt install ffmpeg (Debian, Ubuntu) · brew install ffmpeg (macOS) · winget install ffmpeg (Windows)',
    })
  const said = Buffer.from(result.stderr).toString('utf8').trim().split('\n').at(-1)
  throw new LinguluError('AUDIO_UNSUPPORTED', `ffmpeg cannot make ${codec}: ${said}`, {
    hint: 'Give other codecs, or an ffmpeg with libmp3lame and libopus.',
  })
}

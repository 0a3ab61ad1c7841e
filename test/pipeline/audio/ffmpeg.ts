import {execFileSync} from 'node:child_process'

/** Runs ffmpeg; its standard output, or undefined where it is not installed or fails. */
export function ffmpeg(...options: readonly string[]): Buffer | undefined {
  try {
    return execFileSync('ffmpeg', ['-v', 'error', '-y', '-nostdin', ...options], {maxBuffer: 2 ** 30, stdio: 'pipe'})
  } catch {
    return undefined
  }
}

export const hasFfmpeg = ffmpeg('-version') !== undefined

/** All channels of a file as ffmpeg decodes it, interleaved. */
export function ffmpegDecode(path: string, ...inputOptions: readonly string[]): Float32Array {
  const raw = ffmpeg(...inputOptions, '-i', path, '-map', '0:a:0', '-f', 'f32le', 'pipe:1')
  if (raw === undefined) throw new Error(`ffmpeg cannot decode ${path}`)
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length))
}

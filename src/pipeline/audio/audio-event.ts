/** Something about the recording the user should know although it could be read. */
export interface AudioWarning {
  readonly type: 'warning'
  readonly code: AudioWarningCode
  readonly message: string
}

export type AudioWarningCode =
  /** The file ends before what its header promises. */
  | 'truncated'
  /** Parts could not be decoded; they were skipped or are silence. */
  | 'damaged'
  /** The channel asked for is not there, or the number of channels changes midway. */
  | 'channels'

/** What the recording is before any conversion. */
export interface AudioFormat {
  readonly type: 'format'
  /** `wav`, `flac`, `mp3`, `ogg`, or ffmpeg's name. */
  readonly container: string
  readonly codec: string
  readonly sampleRateHz: number
  readonly channels: number
  /** What the header says; absent where the format has no such field. */
  readonly declaredSeconds?: number | undefined
}

/** Sound at 16 kHz: one array, or one per channel with `split`. All arrays have the same length. */
export interface AudioSamples {
  readonly type: 'samples'
  readonly channels: readonly Float32Array[]
}

/** What `readAudio` yields: one `format`, then `samples` and `warning` in any order. */
export type AudioEvent = AudioFormat | AudioSamples | AudioWarning

/** Sound as decoded: the source's rate and channels, one array each, of equal length. */
export interface DecodedPcm {
  readonly type: 'pcm'
  readonly channels: readonly Float32Array[]
}

/** What a decoder yields. A second `format` means that the stream changes its rate or channels there. */
export type DecoderEvent = AudioFormat | DecodedPcm | AudioWarning

export function audioWarning(code: AudioWarningCode, message: string): AudioWarning {
  return {type: 'warning', code, message}
}

/** `12.3 s`, for messages. */
export function inSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`
}

/** The warning for a recording that stops early. */
export function truncationWarning(name: string, gotSeconds: number, declaredSeconds: number): AudioWarning {
  const got = inSeconds(gotSeconds)
  const declared = inSeconds(declaredSeconds)
  return audioWarning(
    'truncated',
    `${name} ends after ${got} of the ${declared} its header declares; what could be read is used`,
  )
}

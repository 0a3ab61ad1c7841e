/** What ffmpeg's standard error tells. Its fields fill as it is written; memory is bounded whatever ffmpeg writes. */
export interface FfmpegLog {
  readonly write: (text: string) => void
  /** Length of the sound by the container's header, where that is not a guess and not a video's. */
  readonly declaredSeconds: number | undefined
  readonly codec: string | undefined
  readonly errors: number
  readonly firstError: string | undefined
  readonly hasNoAudio: boolean
}

const MAX_LINE_LENGTH = 2000

/**
 * For ffmpeg's output at `-loglevel level+info`.
 *
 * @param reword makes a message of ffmpeg fit for the user
 */
export function createFfmpegLog(reword: (message: string) => string): FfmpegLog {
  const log = {
    seconds: undefined as number | undefined,
    codec: undefined as string | undefined,
    errors: 0,
    firstError: undefined as string | undefined,
    hasNoAudio: false,
    hasUncertainLength: false,
  }
  let partial = ''
  const read = (line: string) => {
    log.seconds ??= durationIn(line)
    log.codec ??= /Stream #0:\d+.*: Audio: (\w+)/.exec(line)?.[1]
    if (/Estimating duration from bitrate|Stream #0:\d+.*: Video: (?!.*attached pic)/.test(line))
      log.hasUncertainLength = true
    if (/does not contain any stream|matches no streams/.test(line)) log.hasNoAudio = true
    const error = /\[(?:error|fatal|panic)\] (.+)/.exec(line)?.[1]
    if (error === undefined) return
    log.errors++
    log.firstError ??= reword(error.trim())
  }
  return {
    write(text) {
      const lines = (partial + text).split(/[\r\n]+/)
      partial = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH)
      lines.forEach(read)
    },
    get declaredSeconds() {
      return log.hasUncertainLength ? undefined : log.seconds
    },
    get codec() {
      return log.codec
    },
    get errors() {
      return log.errors
    },
    get firstError() {
      return log.firstError
    },
    get hasNoAudio() {
      return log.hasNoAudio
    },
  }
}

function durationIn(line: string): number | undefined {
  const match = /Duration: (\d+):(\d\d):(\d\d\.\d+)/.exec(line)
  return match ? Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]) : undefined
}

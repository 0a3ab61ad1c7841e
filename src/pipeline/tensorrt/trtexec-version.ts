/** The version of TensorRT that a `trtexec` belongs to. */
export interface TensorRtVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** `b31`; undefined before 10.4, which do not print it. */
  readonly build: string | undefined
}

/**
 * Reads the version off the banner or the verdict of `trtexec`: `[TensorRT v8601]` is 8.6.1 (major × 1000 + minor × 100 +
 * patch, up to 9.x), `[TensorRT v101601] [b11]` is 10.16.1 build b11 (major × 10,000 + minor × 100 + patch, from 10 on).
 */
export function parseTrtexecVersion(text: string): TensorRtVersion | undefined {
  const [, digits, build] = /^&&&& \w+ TensorRT\.trtexec \[TensorRT v(\d+)\](?: \[(b\w+)\])?/m.exec(text) ?? []
  if (digits === undefined) return undefined
  const number = Number(digits)
  const patch = number % 100
  if (digits.length <= 4) return {major: Math.floor(number / 1000), minor: Math.floor(number / 100) % 10, patch, build}
  return {major: Math.floor(number / 10_000), minor: Math.floor(number / 100) % 100, patch, build}
}

/** `10.16.1`, with the build where it is known: `10.16.1 b11`. */
export function formatTensorRtVersion({major, minor, patch, build}: TensorRtVersion): string {
  return `${major}.${minor}.${patch}${build === undefined ? '' : ` ${build}`}`
}

export function isAtLeast(version: TensorRtVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}

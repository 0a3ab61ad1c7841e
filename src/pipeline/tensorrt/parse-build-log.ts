import {type LogLevel, logLines} from './log-lines.js'
import {parseTrtexecVersion, type TensorRtVersion} from './trtexec-version.js'

/** What a `trtexec` log says of a build. */
export interface BuildLog {
  readonly version: TensorRtVersion | undefined
  /** Of the last line of that kind; undefined where the program did not get to it. */
  readonly verdict: 'passed' | 'failed' | 'waived' | undefined
  /** What `trtexec` was started with, as it repeats it. */
  readonly commandLine: string | undefined
  readonly gpu: {readonly name: string; readonly computeCapability: string | undefined} | undefined
  readonly buildSeconds: number | undefined
  /** As printed, from TensorRT 10 on; the file may differ a little. */
  readonly engineMebibytes: number | undefined
  readonly skippedInference: boolean
  /** In the order of the log; errors with the fatal ones. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

const VERDICT = /^&&&& (PASSED|FAILED|WAIVED) /gm
const VERDICTS = {PASSED: 'passed', FAILED: 'failed', WAIVED: 'waived'} as const

/**
 * Reads the output of `trtexec`, standard output and errors together: information goes to the one, warnings and errors
 * to the other.
 */
export function parseBuildLog(text: string): BuildLog {
  const lines = logLines(text)
  const find = (pattern: RegExp): string | undefined => {
    for (const {level, text: message} of lines) {
      const found = level === 'V' ? undefined : pattern.exec(message)?.[1]
      if (found !== undefined) return found
    }
    return undefined
  }
  const texts = (...levels: LogLevel[]) => lines.filter(({level}) => levels.includes(level)).map(line => line.text)
  const gpu = find(/^Selected Device: (.+)$/)
  const verdict = [...text.matchAll(VERDICT)].at(-1)?.[1]
  return {
    version: parseTrtexecVersion(text),
    verdict: verdict === undefined ? undefined : VERDICTS[verdict as keyof typeof VERDICTS],
    commandLine: /^&&&& \w+ TensorRT\.trtexec .*?# (.*?)\r?$/m.exec(text)?.[1],
    gpu: gpu === undefined ? undefined : {name: gpu, computeCapability: find(/^Compute Capability: (\S+)/)},
    buildSeconds: numberOf(find(/^Engine built in (\S+) sec/)),
    engineMebibytes: numberOf(find(/^Created engine with size: (\S+) MiB/)),
    skippedInference: find(/^(Skipped inference phase) since/) !== undefined,
    errors: texts('E', 'F'),
    warnings: texts('W'),
  }
}

function numberOf(text: string | undefined): number | undefined {
  const number = Number(text)
  return text === undefined || !Number.isFinite(number) ? undefined : number
}

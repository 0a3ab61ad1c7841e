import {type LogLine, logLines} from './log-lines.js'

/** Statistics of one quantity over all timed queries, in milliseconds. */
export interface QueryStatistics {
  readonly minMs: number
  readonly maxMs: number
  readonly meanMs: number
  readonly medianMs: number
  /** One (99) before TensorRT 8.5, then those asked for (90, 95, 99 unless told). */
  readonly percentiles: readonly {readonly percent: number; readonly ms: number}[]
}

/** The performance summary of `trtexec`. Infinite and undefined numbers are kept as they were printed. */
export interface PerformanceSummary {
  /** Queries a second; not recordings: a query may be a batch. */
  readonly throughputQps: number
  /** Copy to the GPU, compute, copy back. */
  readonly latency: QueryStatistics
  /** From the call to the end of the copy back, with waiting; up to 8.2 only. */
  readonly endToEndHostLatency: QueryStatistics | undefined
  readonly enqueueTime: QueryStatistics | undefined
  readonly h2dLatency: QueryStatistics | undefined
  readonly gpuComputeTime: QueryStatistics | undefined
  readonly d2hLatency: QueryStatistics | undefined
  readonly hostWalltimeSeconds: number
  readonly gpuComputeSeconds: number | undefined
  readonly warmupQueries: number | undefined
  readonly timedQueries: number | undefined
  /** What `trtexec` says of how far the figures can be trusted. */
  readonly warnings: readonly string[]
}

const HEADING = '=== Performance summary ==='

/**
 * Reads the performance summary off a log of TensorRT 8.0 to 11; undefined where there is none: the engine was only
 * built, layers were profiled (`--dumpProfile` without `--separateProfileRun`), or the run failed.
 */
export function parsePerformance(text: string): PerformanceSummary | undefined {
  // Verbose logs explain the words after the summary, in the same form without numbers.
  const lines = logLines(text).filter(({level}) => level !== 'V')
  const start = lines.findLastIndex(line => line.text === HEADING)
  if (start === -1) return undefined
  const summary = lines.slice(start)
  const throughputQps = matchNumber(summary, /^Throughput: (\S+) qps$/)
  const latency = statisticsOf(summary, 'Latency')
  const hostWalltimeSeconds = matchNumber(summary, /^Total Host Walltime: (\S+) s$/)
  if (throughputQps === undefined || latency === undefined || hostWalltimeSeconds === undefined) return undefined
  const before = lines.slice(0, start)
  return {
    throughputQps,
    latency,
    endToEndHostLatency: statisticsOf(summary, 'End-to-End Host Latency'),
    enqueueTime: statisticsOf(summary, 'Enqueue Time'),
    h2dLatency: statisticsOf(summary, 'H2D Latency'),
    gpuComputeTime: statisticsOf(summary, 'GPU Compute Time'),
    d2hLatency: statisticsOf(summary, 'D2H Latency'),
    hostWalltimeSeconds,
    gpuComputeSeconds: matchNumber(summary, /^Total GPU Compute Time: (\S+) s$/),
    warmupQueries: matchNumber(before, /^Warmup completed (\d+) queries over/),
    timedQueries: matchNumber(before, /^Timing trace has (\d+) queries over/),
    warnings: warningsOf(summary),
  }
}

function statisticsOf(lines: readonly LogLine[], name: string): QueryStatistics | undefined {
  const line = lines.find(({text}) => text.startsWith(`${name}: min = `))
  if (line === undefined) return undefined
  const values = new Map<string, number>()
  for (const part of line.text.slice(name.length + 2).split(', ')) {
    const [, key, value] = /^(.+?) = (\S+) ms$/.exec(part) ?? []
    const number = value === undefined ? undefined : parseNumber(value)
    if (key !== undefined && number !== undefined) values.set(key, number)
  }
  const [minMs, maxMs, meanMs, medianMs] = ['min', 'max', 'mean', 'median'].map(key => values.get(key))
  if (minMs === undefined || maxMs === undefined || meanMs === undefined || medianMs === undefined) return undefined
  const percentiles = [...values].flatMap(([key, ms]) => {
    const percent = /^percentile\(([\d.]+)%\)$/.exec(key)?.[1]
    return percent === undefined ? [] : [{percent: Number(percent), ms}]
  })
  return {minMs, maxMs, meanMs, medianMs, percentiles}
}

function matchNumber(lines: readonly LogLine[], pattern: RegExp): number | undefined {
  for (const {text} of lines) {
    const found = pattern.exec(text)?.[1]
    if (found !== undefined) return parseNumber(found)
  }
  return undefined
}

/** As C++ prints numbers: `1e-05`, `inf`, `-nan`. */
function parseNumber(text: string): number | undefined {
  const [, sign = '', word] = /^([+-]?)(inf|nan)$/.exec(text) ?? []
  if (word === 'nan') return Number.NaN
  if (word === 'inf') return sign === '-' ? -Infinity : Infinity
  const number = Number(text)
  return Number.isNaN(number) ? undefined : number
}

/** Each begins with a star; indented lines after it belong to it. */
function warningsOf(lines: readonly LogLine[]): string[] {
  const warnings: string[] = []
  for (const {level, text} of lines) {
    if (level !== 'W') continue
    const last = warnings.length - 1
    if (text.startsWith('* ') || last < 0) warnings.push(text.replace(/^\* /, ''))
    else warnings[last] = `${warnings[last]} ${text.trim()}`
  }
  return warnings
}

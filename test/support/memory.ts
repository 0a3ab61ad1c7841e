import {readFileSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {createInterface} from 'node:readline'
import {childrenOf, sample, startLingulu} from './lingulu.js'
import {samplesOf, writeWav} from './speech.js'

/** Memory when so many recordings were done. */
export interface MemoryPoint {
  readonly files: number
  readonly mainBytes: number
  readonly workerBytes: number
}

/** Recordings of one second, each another part of a spoken sentence. */
export async function writeShortFiles(folder: string, count: number): Promise<void> {
  await mkdir(folder, {recursive: true})
  const speech = await samplesOf(sample('station.wav'))
  for (let index = 0; index < count; index++) {
    const at = (index * 977) % (speech.length - 16_000)
    await writeWav(folder, `${String(index).padStart(6, '0')}.wav`, speech.subarray(at, at + 16_000))
  }
}

/** Runs `lingulu transcribe` and looks at the memory of its processes whenever a recording is done. */
export async function measureMemory(argv: readonly string[]): Promise<MemoryPoint[]> {
  const run = startLingulu(['transcribe', ...argv, '--jsonl', '-q'], {buffer: false})
  const points: MemoryPoint[] = []
  const {stdout} = run.process
  if (stdout === null) throw new Error('stdout is a pipe')
  for await (const line of createInterface({input: stdout}))
    if (line.startsWith('{"type":"result"'))
      points.push({
        files: points.length + 1,
        mainBytes: residentBytes(run.pid),
        workerBytes: childrenOf(run.pid).reduce((sum, pid) => sum + residentBytes(pid), 0),
      })
  const {exitCode} = await run.process
  if (exitCode !== 0) throw new Error(`lingulu ended with exit code ${exitCode}`)
  return points
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
  } catch {
    return 0
  }
}

/**
 * Bytes that each further recording takes: the median of the slopes between any two points (Theil and Sen), which a step
 * up or down, such as a collection of garbage, does not move.
 */
export function slope(points: readonly MemoryPoint[], bytesOf: (point: MemoryPoint) => number): number {
  const slopes = points.flatMap((from, index) =>
    points.slice(index + 1).map(to => (bytesOf(to) - bytesOf(from)) / (to.files - from.files)),
  )
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? Number.NaN
}

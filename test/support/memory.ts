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

/** Bytes that each further recording takes: the slope of the straight line nearest to the points. */
export function slope(points: readonly MemoryPoint[], bytesOf: (point: MemoryPoint) => number): number {
  const meanX = points.reduce((sum, {files}) => sum + files, 0) / points.length
  const meanY = points.reduce((sum, point) => sum + bytesOf(point), 0) / points.length
  const covariance = points.reduce((sum, point) => sum + (point.files - meanX) * (bytesOf(point) - meanY), 0)
  return covariance / points.reduce((sum, {files}) => sum + (files - meanX) ** 2, 0)
}

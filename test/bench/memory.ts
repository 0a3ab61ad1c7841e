/*
 * Does memory stay flat over many files? Transcribes short recordings and prints how the memory of the main process and
 * of the worker grows.
 *
 *   npx tsx test/bench/memory.ts [files] [model folder]
 */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {GREEDY} from '../support/lingulu.js'
import {measureMemory, slope, writeShortFiles} from '../support/memory.js'
import {sharedData} from '../support/shared-data.js'

const [count = '1000', model = sharedData('models/whisper-nano')] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'lingulu-memory-'))
try {
  const audio = join(folder, 'audio')
  await writeShortFiles(audio, Number(count))
  const started = performance.now()
  const points = await measureMemory([audio, '-m', model, ...GREEDY, '-f', 'json', '-o', join(folder, 'out')])
  const seconds = (performance.now() - started) / 1000
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  console.log(`${points.length} files in ${seconds.toFixed(0)} s (${model})`)
  for (const part of [0.1, 0.2, 0.4, 0.6, 0.8, 1]) {
    const point = points[Math.ceil(part * points.length) - 1]
    if (point)
      console.log(`after ${point.files}: main ${megabytes(point.mainBytes)}, worker ${megabytes(point.workerBytes)}`)
  }
  // While caches fill, memory grows; the latter half tells whether it goes on.
  const late = points.slice(Math.floor(points.length / 2))
  const kilobytes = (bytes: number) => `${(bytes / 1e3).toFixed(1)} kB`
  console.log(
    `slope of the latter half: main ${kilobytes(slope(late, ({mainBytes}) => mainBytes))}, worker ${kilobytes(slope(late, ({workerBytes}) => workerBytes))} per file`,
  )
} finally {
  await rm(folder, {recursive: true, force: true})
}

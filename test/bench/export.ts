/*
 * How long does an export take, and how much memory? Makes a Whisper checkpoint of random weights as large as
 * large-v3-turbo (3.2 GB) in a temporary folder, exports it, and prints time and memory. With an exporter of your own as
 * COMMAND, which is called with the checkpoint and a folder to be made, it is measured on the same checkpoint too.
 *
 *   npx tsx test/bench/export.ts [turbo | base] [COMMAND…]
 */
import {mkdtemp, readdir, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {measureExport} from '../support/measure-export.js'
import {BASE, LARGE_V3_TURBO, writeRandomWhisper} from '../support/random-whisper.js'

const [size = 'turbo', command, ...rest] = process.argv.slice(2)
const home = await mkdtemp(join(tmpdir(), 'lingulu-export-'))
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, {recursive: true})
  const sizes = await Promise.all(names.map(async name => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, bytes) => sum + bytes, 0)
}

try {
  const checkpoint = join(home, 'checkpoint')
  const bytes = await writeRandomWhisper(checkpoint, size === 'base' ? BASE : LARGE_V3_TURBO)
  console.log(`checkpoint: ${megabytes(bytes)}`)
  for (const settings of [
    ['fused', 'fp32'],
    ['fused', 'fp16'],
    ['huggingface', 'fp32'],
  ]) {
    const out = join(home, settings.join('-'))
    const {peakBytes, seconds, checkSeconds, cpuSeconds} = await measureExport(checkpoint, out, ...settings)
    const parts = [
      `${seconds.toFixed(1)} s (${checkSeconds.toFixed(1)} s of it hashing and loading; ${cpuSeconds.toFixed(1)} s CPU)`,
      `peak memory ${megabytes(peakBytes)}`,
      `${megabytes(await bytesIn(out))} written`,
    ]
    console.log(`${settings.join(', ')}: ${parts.join(', ')}`)
    await rm(out, {recursive: true})
  }
  if (command !== undefined) {
    const started = performance.now()
    await execa(command, [...rest, checkpoint, join(home, 'other')], {stdio: 'inherit'})
    console.log(`${command}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
} finally {
  await rm(home, {recursive: true, force: true})
}

/**
 * How fast lingulu is beside other programs that run Whisper on a CPU: the same recordings, the same weights, the same
 * number of threads, one run, rounds in turn. See README.md.
 *
 *   npx tsx test/bench/peers/measure.ts --models FOLDER [--windows 16] [--rounds 5] [--threads 2] [--audio FILE]…
 *     [--sherpa FOLDER] [--whisper-cpp PROGRAM] [--python PROGRAM] [--only PATTERN] [--json FILE]
 */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {availableParallelism, cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {loadAudio} from '../../../src/pipeline/audio/read-audio.js'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {findPeers, type Peer} from './peers.js'
import type {Outcome} from './runners/job.js'
import {formatTable, type Measured} from './table.js'
import {writeWave} from './waves.js'

const {values} = parseArgs({
  options: {
    models: {type: 'string'},
    windows: {type: 'string', default: '16'},
    rounds: {type: 'string', default: '5'},
    repeats: {type: 'string', default: '3'},
    threads: {type: 'string', default: '2'},
    audio: {type: 'string', multiple: true, default: []},
    sherpa: {type: 'string'},
    'whisper-cpp': {type: 'string'},
    python: {type: 'string'},
    only: {type: 'string', default: ''},
    json: {type: 'string'},
  },
})
if (values.models === undefined) throw new Error('give --models, a folder that prepare.ts has made')
const models = values.models
/** sherpa-onnx cuts off what is longer than 29.5 s. */
const WINDOW_SECONDS = 29
const RATE = 16_000

async function windows(folder: string): Promise<{files: string[]; seconds: number}> {
  const recordings: Float32Array[] = []
  for (const path of values.audio) {
    const {channels} = await loadAudio({type: 'file', path}, {channel: 'mix'})
    const samples = channels[0] ?? new Float32Array()
    for (let start = 0; start < samples.length; start += WINDOW_SECONDS * RATE)
      recordings.push(samples.subarray(start, start + WINDOW_SECONDS * RATE))
  }
  if (values.audio.length === 0)
    for (let index = 0; index < Number(values.windows); index++) recordings.push(hum(index, WINDOW_SECONDS * RATE))
  const files: string[] = []
  for (const [index, samples] of recordings.entries()) {
    files.push(join(folder, `${String(index).padStart(3, '0')}.wav`))
    await writeFile(files.at(-1) ?? '', writeWave(samples))
  }
  return {files, seconds: recordings.reduce((sum, {length}) => sum + length, 0) / RATE}
}

/** Something with the spectrum of a voice and pauses; no two alike. */
function hum(index: number, length: number): Float32Array {
  const random = seededRandom('hum', index)
  const pitch = 90 + 120 * random()
  let phase = 0
  return Float32Array.from({length}, (_, i) => {
    phase += (2 * Math.PI * pitch * (1 + 0.1 * Math.sin(i / 3000))) / RATE
    const loudness = Math.max(0, Math.sin((i * (2 + index / 7)) / RATE))
    const voice = [1, 2, 3, 5, 8, 13].reduce((sum, k) => sum + Math.sin(k * phase) / k, 0)
    return 0.2 * loudness * voice + 0.01 * (random() - 0.5)
  })
}

async function runOnce(peer: Peer, files: readonly string[]): Promise<Outcome | undefined> {
  try {
    return await peer.run({files: [...files], threads: Number(values.threads), repeats: Number(values.repeats)})
  } catch (error) {
    console.error(
      `${peer.name} (${peer.weights}) failed: ${error instanceof Error ? error.message.slice(0, 2000) : error}`,
    )
    return undefined
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'lingulu-peers-'))
try {
  const {files, seconds} = await windows(scratch)
  const places = {sherpa: values.sherpa, whisperCpp: values['whisper-cpp'], python: values.python}
  const peers = (await findPeers(models, places)).filter(({name, weights}) =>
    new RegExp(values.only).test(`${name} ${weights}`),
  )
  const measured: Measured[] = peers.map(({name, weights, missing}) => ({name, weights, missing, rounds: []}))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (let turn = 0; turn < peers.length; turn++) {
      // Each round begins with another, so that none always follows the same one.
      const index = (round + turn) % peers.length
      const [peer, row] = [peers[index], measured[index]]
      if (peer === undefined || row === undefined || row.missing !== undefined) continue
      const outcome = await runOnce(peer, files)
      if (outcome === undefined) row.missing = 'it failed: see above'
      else row.rounds.push(outcome)
      console.error(
        `round ${round + 1}: ${peer.name} (${peer.weights}) ${outcome?.manySeconds.toFixed(2) ?? 'failed'} s`,
      )
    }
  }
  const machine = `Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model.trim()}, ${values.threads} threads`
  const setting = {machine, models, windows: files.length, audioSeconds: seconds, rounds: Number(values.rounds)}
  console.log(formatTable(setting, measured))
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify({setting, measured}, undefined, 2))
} finally {
  await rm(scratch, {recursive: true, force: true})
}

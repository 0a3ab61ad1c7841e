import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {Readable} from 'node:stream'
import {fileURLToPath} from 'node:url'
import {afterEach, expect, test, vi} from 'vitest'
import {readAudio} from '../../src/pipeline/audio/read-audio.js'
import {LinguluError} from '../../src/pipeline/errors.js'
import {createRandom, type Random} from '../pipeline/audio/random.js'

const SEED = Number(process.env.FUZZ_SEED ?? 1)
const CASES = Number(process.env.FUZZ_CASES ?? 2000)
/** Starting ffmpeg takes long; a few cases show that its failures are handled. */
const FFMPEG_CASES = 40
const SECONDS_PER_CASE = 10
/** Longer than this none of the seeds, all of them together, or a gap believed in a damaged file can be. */
const MAX_SECONDS = 600

const folder = fileURLToPath(new URL('../data/audio/', import.meta.url))
const seeds = readdirSync(folder)
  .filter(name => !name.endsWith('.md'))
  .map(name => ({name, bytes: new Uint8Array(readFileSync(folder + name))}))
const isForFfmpeg = ({name}: {name: string}) => /adpcm|m4a|webm/.test(name)
const native = seeds.filter(seed => !isForFfmpeg(seed))
const foreign = seeds.filter(isForFfmpeg)

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

const mutations: Record<string, Mutation> = {
  'flipped bits': (bytes, random) =>
    changed(bytes, 1 + random.integer(40), random, byte => byte ^ (1 << random.integer(8))),
  'random bytes': (bytes, random) => changed(bytes, 1 + random.integer(200), random, () => random.integer(256)),
  'damaged header': (bytes, random) => changedWithin(bytes, 96, 1 + random.integer(8), random),
  'cut off': (bytes, random) => bytes.subarray(0, random.integer(bytes.length)),
  'beginning missing': (bytes, random) => bytes.subarray(random.integer(bytes.length)),
  'middle missing': (bytes, random) => {
    const from = random.integer(bytes.length)
    return joined(bytes.subarray(0, from), bytes.subarray(from + random.integer(4000)))
  },
  'random tail': (bytes, random) =>
    joined(bytes.subarray(0, random.integer(bytes.length)), noise(random.integer(5000), random)),
  'random head': (bytes, random) => joined(noise(random.integer(3000), random), bytes),
  'spliced with another': (bytes, random) => {
    const other = random.pick(seeds).bytes
    return joined(bytes.subarray(0, random.integer(bytes.length)), other.subarray(random.integer(other.length)))
  },
  'header of another': (bytes, random) =>
    joined(random.pick(seeds).bytes.subarray(0, 8 + random.integer(200)), bytes.subarray(100)),
  'lie about a length': (bytes, random) => {
    const copy = bytes.slice()
    const value = random.pick([0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, random.integer(2 ** 32)])
    const at = random.integer(Math.min(copy.length - 4, 160))
    new DataView(copy.buffer).setUint32(at, value, random.integer(2) === 0)
    return copy
  },
  'block of one byte': (bytes, random) => {
    const copy = bytes.slice()
    const from = random.integer(copy.length)
    return copy.fill(random.pick([0, 0x55, 0xff]), from, from + random.integer(3000))
  },
  'repeated block': (bytes, random) => {
    const from = random.integer(bytes.length)
    const to = from + random.integer(6000)
    return joined(bytes.subarray(0, to), bytes.subarray(from))
  },
}

afterEach(() => {
  vi.unstubAllEnvs()
})

test(`${CASES} damaged recordings (seed ${SEED}) are read or rejected with a LinguluError, each within ${SECONDS_PER_CASE} s`, async () => {
  // Without ffmpeg: what only ffmpeg could know is rejected at once.
  vi.stubEnv('PATH', '')
  const random = createRandom(SEED)
  const outcomes = {read: 0, warned: 0, rejected: 0}
  for (let i = 0; i < CASES; i++) outcomes[await readMutant(native, random, `case ${i}`)]++
  // The mutations must reach all three ways to end.
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(CASES / 50)
}, 300_000)

test.skipIf(!hasFfmpeg())(
  `${FFMPEG_CASES} damaged recordings for ffmpeg fare no worse (skipped without ffmpeg)`,
  async () => {
    const random = createRandom(SEED)
    for (let i = 0; i < FFMPEG_CASES; i++) await readMutant(i % 3 === 0 ? seeds : foreign, random, `ffmpeg case ${i}`)
  },
  120_000,
)

async function readMutant(from: typeof seeds, random: Random, label: string): Promise<'read' | 'warned' | 'rejected'> {
  const seed = random.pick(from)
  const [mutation, mutate] = random.pick(Object.entries(mutations))
  const bytes = mutate(seed.bytes, random)
  const title = `${label}: ${seed.name}, ${mutation}, ${bytes.length} bytes`
  const channel = random.pick(['mix', 'left', 'right', 'split'] as const)
  const stream = Readable.from(chunks(bytes, random), {objectMode: true})
  const started = performance.now()
  let samples = 0
  let warnings = 0
  try {
    for await (const event of readAudio({type: 'stream', stream, name: title}, {channel})) {
      if (event.type === 'warning') warnings++
      if (event.type !== 'samples') continue
      samples += event.channels[0]!.length
      for (const lane of event.channels) {
        if (lane.length !== event.channels[0]!.length || !lane.every(Number.isFinite)) throw new Error('bad samples')
      }
    }
  } catch (error) {
    if (!(error instanceof LinguluError)) throw new Error(title, {cause: error})
    return 'rejected'
  } finally {
    expect(performance.now() - started, title).toBeLessThan(SECONDS_PER_CASE * 1000)
    expect(samples / 16_000, title).toBeLessThan(MAX_SECONDS)
  }
  return warnings > 0 ? 'warned' : 'read'
}

function* chunks(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = random.pick([1, 5000, 65_536])
    yield bytes.slice(at, at + size)
    at += size
  }
}

function changed(bytes: Uint8Array, count: number, random: Random, change: (byte: number) => number): Uint8Array {
  const copy = bytes.slice()
  for (let i = 0; i < count; i++) {
    const at = random.integer(copy.length)
    copy[at] = change(copy[at]!)
  }
  return copy
}

function changedWithin(bytes: Uint8Array, limit: number, count: number, random: Random): Uint8Array {
  return joined(
    changed(bytes.subarray(0, limit), count, random, () => random.integer(256)),
    bytes.subarray(limit),
  )
}

function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({length}, () => random.integer(256))
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function hasFfmpeg(): boolean {
  try {
    execFileSync('ffmpeg', ['-version'], {stdio: 'ignore'})
    return true
  } catch {
    return false
  }
}

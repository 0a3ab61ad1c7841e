import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {openFrameStore} from '../../../src/pipeline/features/frame-store.js'
import type {FeatureSpec} from '../../../src/pipeline/models/recognizer.js'
import {RecordingPreparer} from '../../../src/pipeline/runtime/prepare-recording.js'
import type {PreparedAudio, PrepareOptions} from '../../../src/pipeline/runtime/prepared-audio.js'

const RATE = 16_000

let directory: string
const preparer = new RecordingPreparer()

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'prepare-'))
})

afterAll(() => {
  rmSync(directory, {recursive: true, force: true})
})

/** A second of silence, a second of a tone at 0.1, half a second of silence. */
const RECORDING = Float32Array.from({length: 2.5 * RATE}, (_, i) =>
  i >= RATE && i < 2 * RATE ? 0.1 * Math.sin(i / 3) : 0,
)
const WAVEFORM: FeatureSpec = {kind: 'waveform', normalize: false}

function prepare(
  options: Partial<PrepareOptions>,
  {samples = RECORDING, features = WAVEFORM, memoryLimitBytes = 1e9} = {},
): Promise<PreparedAudio> {
  return preparer.prepare({
    audio: {type: 'samples', name: 'it', samples},
    options: {channel: 'mix', ...options},
    features,
    spoolDirectory: directory,
    memoryLimitBytes,
  })
}

async function featuresOf({channels}: PreparedAudio): Promise<Float32Array> {
  const [channel] = channels
  if (channel === undefined) throw new Error('no channel')
  const store = openFrameStore(channel.features)
  const values = store.read(0, store.frames)
  await store.close()
  return values
}

describe.each([
  ['in memory', 1e9],
  ['spooled', 0],
])('a recording %s', (_, memoryLimitBytes) => {
  test('passes unchanged where nothing is asked for', async () => {
    const prepared = await prepare({}, {memoryLimitBytes})
    expect(prepared.channels).toMatchObject([{durationSeconds: 2.5, speechSeconds: 2.5, regions: undefined}])
    expect(await featuresOf(prepared)).toEqual(RECORDING)
  })

  test('is brought to a peak of −1 dBFS', async () => {
    const prepared = await prepare({normalize: 'peak'}, {memoryLimitBytes})
    expect(prepared.channels).toMatchObject([{speechSeconds: 2.5, regions: undefined}])
    expect(Math.max(...(await featuresOf(prepared)))).toBeCloseTo(10 ** (-1 / 20), 4)
  })

  test('loses the silence at its ends, and remembers where it was', async () => {
    const prepared = await prepare({trimSilence: true}, {memoryLimitBytes})
    const [channel] = prepared.channels
    const [region] = channel?.regions ?? []
    expect(channel).toMatchObject({durationSeconds: 2.5})
    expect(channel?.regions).toHaveLength(1)
    expect(region?.start).toBeCloseTo(0.9 * RATE, -3)
    expect(region?.end).toBeCloseTo(2.1 * RATE, -3)
    expect(await featuresOf(prepared)).toEqual(RECORDING.slice(region?.start, region?.end))
  })

  test('is cut to its speech within what trimming leaves', async () => {
    const pause = new Float32Array(5 * RATE)
    const samples = Float32Array.from([...RECORDING, ...pause, ...RECORDING])
    const prepared = await prepare({trimSilence: true, vad: {padSeconds: 0.1}}, {samples, memoryLimitBytes})
    const [channel] = prepared.channels
    const regions = channel?.regions ?? []
    expect(regions).toHaveLength(2)
    for (const [index, center] of [1.5, 9].entries()) {
      expect(regions[index]?.start).toBeLessThan(center * RATE)
      expect(regions[index]?.end).toBeGreaterThan(center * RATE)
    }
    const speech = regions.flatMap(({start, end}) => [...samples.subarray(start, end)])
    expect(await featuresOf(prepared)).toEqual(Float32Array.from(speech))
    expect(channel?.speechSeconds).toBe(speech.length / RATE)
  })

  test('leaves nothing on disk once it is closed', () => {
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('silence', () => {
  const samples = new Float32Array(3 * RATE)

  test.each([[{trimSilence: true}], [{vad: {}}], [{trimSilence: true, vad: {}, normalize: 'loudness'}]] as const)(
    'leaves nothing to recognise with %j',
    async options => {
      expect((await prepare(options, {samples})).channels).toMatchObject([{durationSeconds: 3, speechSeconds: 0}])
    },
  )
})

describe('a clip', () => {
  test.each([
    ['from the middle', {offsetSeconds: 0.5, durationSeconds: 1}, 0.5, 1.5],
    ['to the end', {offsetSeconds: 1}, 1, 2.5],
    ['beyond the end', {offsetSeconds: 2, durationSeconds: 9}, 2, 2.5],
  ])('%s', async (_, clip, start, end) => {
    const prepared = await prepare({clip})
    expect(prepared.channels).toMatchObject([{durationSeconds: end - start}])
    expect(await featuresOf(prepared)).toEqual(RECORDING.slice(start * RATE, end * RATE))
  })

  test('that lies behind the end is an error', async () => {
    await expect(prepare({clip: {offsetSeconds: 3}})).rejects.toMatchObject({code: 'AUDIO_EMPTY'})
  })
})

test('a waveform is normalised over the whole recording', async () => {
  const values = await featuresOf(await prepare({}, {features: {kind: 'waveform', normalize: true}}))
  const mean = values.reduce((a, b) => a + b) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  expect(mean).toBeCloseTo(0, 5)
  expect(variance).toBeCloseTo(1, 3)
})

test('VAD options that make no sense are refused', async () => {
  await expect(prepare({vad: {threshold: 2}})).rejects.toMatchObject({code: 'CONFIG_INVALID'})
})

test('a recording that fails midway leaves nothing on disk', async () => {
  const request = {
    audio: {type: 'file', path: join(directory, 'missing.wav')},
    options: {channel: 'mix', normalize: 'peak'},
    features: WAVEFORM,
    spoolDirectory: directory,
    memoryLimitBytes: 0,
  } as const
  await expect(preparer.prepare(request)).rejects.toMatchObject({code: 'INPUT_MISSING'})
  expect(readdirSync(directory)).toEqual([])
})

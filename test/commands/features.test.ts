import {readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {inflateSync} from 'node:zlib'
import {captureOutput} from '@oclif/test'
import {describe, expect, test} from 'vitest'
import Features from '../../src/commands/features.js'
import {whisperLogMel} from '../../src/pipeline/features/log-mel.js'
import {tone} from '../pipeline/augmentation/tones.js'
import {root, sample, suiteFolder} from '../support/lingulu.js'
import {samplesOf, writeWav} from '../support/speech.js'

const home = suiteFolder()
const GARDEN = sample('garden.wav')

async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Features.run(argv, {root}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

/** Size and rows of a PNG with a palette; the rows as colours of the palette. */
function decodePng(bytes: Buffer) {
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    chunks.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const [width, height] = [chunks.get('IHDR')!.readUInt32BE(0), chunks.get('IHDR')!.readUInt32BE(4)]
  const rows = inflateSync(chunks.get('IDAT')!)
  return {width, height, at: (x: number, y: number) => rows[y * (width + 1) + 1 + x]!, palette: chunks.get('PLTE')!}
}

test('tells shape and values', async () => {
  const {stdout, exitCode} = await lingulu(GARDEN)
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(
    /garden\.wav: 3\.34 s\n {2}whisper: 335 frames × 80, one every 10 ms\n {2}values: -0\.\d+ to 1\.\d+, mean/,
  )
})

test('as JSON has the statistics of each band', async () => {
  const {stdout} = await lingulu(GARDEN, '--mels', '128', '--json')
  const report = JSON.parse(stdout)
  expect(report).toMatchObject({
    kind: 'whisper',
    frames: 335,
    width: 128,
    hopSeconds: 0.01,
    files: [],
    augmentation: [],
  })
  const expected = whisperLogMel(await samplesOf(GARDEN), 128).subarray(0, 335 * 128)
  expect(report.values.maximum).toBeCloseTo(Math.max(...expected), 6)
  expect(report.values.mean).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / expected.length, 5)
  const bandMean = Array.from({length: 335}, (_, frame) => expected[frame * 128 + 17]!)
  expect(report.bands).toHaveLength(128)
  expect(report.bands[17].mean).toBeCloseTo(bandMean.reduce((sum, value) => sum + value, 0) / 335, 5)
})

test.each([
  ['filter-bank', 334, 80],
  [join(root, 'test/data/models/ctc-atom'), 53_478, 1],
])('knows what %s hears', async (kind, frames, width) => {
  const {stdout} = await lingulu(GARDEN, '--kind', kind, '--json')
  expect(JSON.parse(stdout)).toMatchObject({kind, frames, width})
})

describe('pictures', () => {
  test('show a high tone above a low one, brightest where it is loudest', async () => {
    const low = tone(300, 1)
    const both = new Float32Array(32_000)
    both.set(low)
    both.set(tone(4000, 1), 16_000)
    const audio = await writeWav(home, 'tones.wav', both)
    const png = join(home, 'pictures/tones.png')
    expect((await lingulu(audio, '--kind', 'filter-bank', '--png', png)).exitCode).toBe(0)
    const {width, height, at, palette} = decodePng(await readFile(png))
    expect([width, height]).toEqual([200, 80])
    const brightest = (x: number) => {
      const column = Array.from({length: height}, (_, y) => at(x, y))
      return column.indexOf(Math.max(...column))
    }
    // Row 0 is the highest band.
    expect(brightest(50)).toBeGreaterThan(60)
    expect(brightest(150)).toBeLessThan(30)
    // Viridis goes from dark violet to yellow.
    expect([...palette.subarray(0, 3)]).toEqual([71, 1, 85].map(value => expect.closeTo(value, -1)))
    expect([...palette.subarray(-3)]).toEqual([253, 231, 37].map(value => expect.closeTo(value, -1.5)))
  })

  test('as SVG have axes, and load nothing', async () => {
    const svg = join(home, 'garden.svg')
    await lingulu(GARDEN, '--svg', svg)
    const text = await readFile(svg, 'utf8')
    expect(text).toMatch(/^<svg /)
    expect(text).toContain('>seconds</text>')
    expect(text).toContain('>mel band</text>')
    expect(text).toContain('>garden.wav</text>')
    const links = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target = '']) => target)
    expect(links).toEqual([expect.stringMatching(/^data:image\/png;base64,/)])
    const png = Buffer.from(links[0]!.slice('data:image/png;base64,'.length), 'base64')
    expect(decodePng(png)).toMatchObject({width: 335, height: 80})
    expect(text).not.toMatch(/<script/)
  })

  test('are never written over without --force', async () => {
    const png = join(home, 'kept.png')
    await writeFile(png, 'mine')
    const {exitCode, stderr} = await lingulu(GARDEN, '--png', png)
    expect({exitCode, stderr}).toEqual({exitCode: 2, stderr: expect.stringMatching(/there already[\s\S]*--force/)})
    expect(await readFile(png, 'utf8')).toBe('mine')
    expect((await lingulu(GARDEN, '--png', png, '--force')).exitCode).toBe(0)
    expect((await stat(png)).size).toBeGreaterThan(1000)
  })

  test('show the stripes of an augmentation, the same for the same seed', async () => {
    const config = join(home, 'masks.json')
    await writeFile(config, '{"spec_augment": {"time_masks": 3, "time_mask_share": 1}, "gain": {"decibels": -3}}')
    const run = async (...flags: string[]) =>
      JSON.parse((await lingulu(GARDEN, '--augment', config, ...flags, '--json')).stdout)
    const [plain, one, same, other] = [
      JSON.parse((await lingulu(GARDEN, '--json')).stdout),
      await run(),
      await run('--seed', '1'),
      await run('--seed', '2'),
    ]
    expect(one.augmentation).toEqual([{kind: 'gain', decibels: -3}])
    expect(one.values.deviation).toBeLessThan(plain.values.deviation)
    expect(one).toEqual(same)
    expect(one.values).not.toEqual(other.values)
  })
})

test.each<[string, string[], number, RegExp]>([
  ['no such recording', ['nowhere.wav'], 3, /nowhere\.wav/],
  ['no such model', [GARDEN, '--kind', 'no-such-model'], 5, /no-such-model/],
  [
    'a picture of the waveform',
    [GARDEN, '--kind', join(root, 'test/data/models/ctc-atom'), '--png', 'x.png'],
    2,
    /waveform/,
  ],
  ['mels of a model', [GARDEN, '--kind', join(root, 'test/data/models/ctc-atom'), '--mels', '80'], 2, /--mels/],
  ['an augmentation that is none', [GARDEN, '--augment', 'no-such.json'], 2, /no-such\.json/],
])('refuses %s', async (_, argv, code, message) => {
  const {exitCode, stderr} = await lingulu(...argv)
  expect(stderr).toMatch(message)
  expect(exitCode).toBe(code)
})

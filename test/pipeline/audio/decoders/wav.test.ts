import {describe, expect, test} from 'vitest'
import {loadAudio} from '../../../../src/pipeline/audio/read-audio.js'
import {stream} from '../sources.js'
import {s16, type WavOptions, wavFile} from '../wav-file.js'

const load = (bytes: Uint8Array) => loadAudio(stream(bytes), {channel: 'split'})
const values = [0, 0.5, -0.5, 0.25, -1]

const view = (bytesPerSample: number, write: (view: DataView, at: number, value: number) => void) => {
  const data = new DataView(new ArrayBuffer(bytesPerSample * values.length))
  for (const [i, value] of values.entries()) write(data, i * bytesPerSample, value)
  return new Uint8Array(data.buffer)
}

describe('samples of every width come out at the same full scale', () => {
  test.each<[string, WavOptions, Uint8Array, number]>([
    ['8 bit', {bits: 8}, view(1, (v, at, x) => v.setUint8(at, 128 + x * 128)), 0],
    ['16 bit', {bits: 16}, s16(values), 0],
    ['24 bit', {bits: 24}, view(3, (v, at, x) => v.setInt8(at + 2, x * 128)), 0],
    ['32 bit', {bits: 32}, view(4, (v, at, x) => v.setInt32(at, x * 2 ** 31, true)), 0],
    ['32-bit float', {bits: 32, tag: 3}, view(4, (v, at, x) => v.setFloat32(at, x, true)), 0],
    ['64-bit float', {bits: 64, tag: 3}, view(8, (v, at, x) => v.setFloat64(at, x, true)), 0],
    ['extensible 24 bit', {bits: 24, isExtensible: true}, view(3, (v, at, x) => v.setInt8(at + 2, x * 128)), 0],
    ['extensible float', {bits: 32, tag: 3, isExtensible: true}, view(4, (v, at, x) => v.setFloat32(at, x, true)), 0],
    // G.711 codes for 0, ±½, ¼ and −1, to the precision of eight bits.
    ['A-law', {bits: 8, tag: 6}, Uint8Array.of(0xd5, 0xa5, 0x25, 0xb5, 0x2a), 0.02],
    ['µ-law', {bits: 8, tag: 7}, Uint8Array.of(0xff, 0x8f, 0x0f, 0x9f, 0x00), 0.03],
  ])('%s', async (_, options, data, tolerance) => {
    const {channels, warnings} = await load(wavFile(data, options))
    expect(warnings.filter(warning => warning.code !== 'channels')).toEqual([])
    expect(channels[0]).toHaveLength(values.length)
    for (const [i, value] of values.entries()) {
      expect(Math.abs(channels[0]![i]! - value)).toBeLessThanOrEqual(tolerance)
    }
  })
})

describe('headers of every kind lead to the sound', () => {
  const data = s16(values)
  test.each<[string, WavOptions]>([
    ['RF64 with its size in ds64', {id: 'RF64'}],
    ['BW64', {id: 'BW64'}],
    [
      'chunks of odd length around it',
      {
        before: [
          ['LIST', 13],
          ['bext', 603],
        ],
        after: [['id3 ', 5]],
      },
    ],
    ['a pipe’s header, all sizes 0xffffffff', {dataBytes: 0xffffffff, riffBytes: 0xffffffff}],
    ['a killed recorder’s header, sizes 0', {dataBytes: 0, riffBytes: 0}],
    ['a killed recorder’s header with the size of an empty wave', {dataBytes: 0, riffBytes: 36}],
    ['sox’s placeholder for an unknown size', {dataBytes: 0x7ffff000}],
    ['a header longer than the detection window', {before: [['JUNK', 100_000]]}],
  ])('%s', async (_, options) => {
    const {channels, warnings} = await load(wavFile(data, options))
    expect([...channels[0]!]).toEqual(values)
    expect(warnings.map(warning => warning.code)).toEqual(['channels'])
  })
})

test('a size larger than the file is a warning that says how much is there', async () => {
  const {channels, warnings} = await load(wavFile(s16(Array(16_000).fill(0.1)), {dataBytes: 320_000}))
  expect(channels[0]).toHaveLength(16_000)
  expect(warnings[1]?.message).toContain('ends after 1.00 s of the 10.0 s its header declares')
})

test('stereo is taken apart', async () => {
  const {channels} = await load(wavFile(s16([0.1, -0.1, 0.2, -0.2]), {channels: 2}))
  expect(channels.map(channel => channel.length)).toEqual([2, 2])
  expect(channels[1]![1]).toBeCloseTo(-0.2, 4)
})

test('numbers that are none become silence, so that one cannot spoil the filters', async () => {
  const data = new Uint8Array(Float32Array.of(0.5, Number.NaN, Number.POSITIVE_INFINITY, 0.25).buffer)
  const {channels} = await load(wavFile(data, {bits: 32, tag: 3}))
  expect([...channels[0]!]).toEqual([0.5, 0, 0, 0.25])
})

test.each<[string, Uint8Array, string]>([
  ['no sound', wavFile(new Uint8Array(0)), 'AUDIO_EMPTY'],
  ['no sound but other chunks', wavFile(new Uint8Array(0), {after: [['LIST', 20]]}), 'AUDIO_EMPTY'],
  ['0 channels', wavFile(s16(values), {channels: 0}), 'AUDIO_CORRUPT'],
  ['an absurd rate', wavFile(s16(values), {rateHz: 3}), 'AUDIO_CORRUPT'],
  ['nothing after its first bytes', wavFile(s16(values)).subarray(0, 20), 'AUDIO_CORRUPT'],
])('a wave with %s is rejected with its own code', async (_, bytes, code) => {
  await expect(load(bytes)).rejects.toMatchObject({name: 'LinguluError', code})
})

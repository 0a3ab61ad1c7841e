import {readdirSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {decodeAudio} from '../../../src/pipeline/audio/decode-audio.js'
import {ffmpeg, ffmpegDecode, hasFfmpeg} from './ffmpeg.js'
import {snrDb} from './signals.js'
import {file, seedPath, temporaryFile} from './sources.js'

const WANTED_DB = 80
const seeds = readdirSync(dirname(seedPath('x'))).filter(name => !name.endsWith('.md'))
const source = seedPath('stereo44k.flac')

/** libopus, not ffmpeg's own Opus decoder: that one resamples the low-rate layer differently, within what the standard allows. */
const decoderOptions = (name: string) =>
  name.endsWith('.opus') ? ['-request_sample_fmt', 'flt', '-c:a', 'libopus'] : []
const canCheck = (name: string) =>
  hasFfmpeg && ffmpeg(...decoderOptions(name), '-i', seedPath(name), '-f', 'null', '-') !== undefined

describe('the decoders give what ffmpeg gives, to 80 dB and to the sample (skipped without ffmpeg)', () => {
  test.each(seeds)('%s', async name => {
    if (canCheck(name)) await expectParity(seedPath(name), decoderOptions(name))
  })
})

describe.skipIf(!hasFfmpeg)(
  'so do files of other rates, channels and options, encoded for the test (skipped without ffmpeg)',
  () => {
    const mp3 = ['-c:a', 'libmp3lame']
    test.each<[string, string, readonly string[]]>([
      // Not 24 kHz: ffmpeg has two of that rate's band limits wrong (330 for 332, as mpg123 once had).
      ...[8000, 11_025, 12_000, 16_000, 22_050, 32_000, 44_100, 48_000].map(
        rate =>
          [`mp3, joint stereo at ${rate} Hz`, 'x.mp3', [...mp3, '-ar', `${rate}`, '-b:a', '32k']] as [
            string,
            string,
            string[],
          ],
      ),
      ['mp3 with 320 kbit/s', 'x.mp3', [...mp3, '-b:a', '320k']],
      ['mp3 without joint stereo', 'x.mp3', [...mp3, '-joint_stereo', '0']],
      [
        'mp3 with an ID3v2 tag and a picture-sized one',
        'x.mp3',
        [...mp3, '-metadata', `comment=${'x'.repeat(100_000)}`],
      ],
      ['mp3 from another encoder', 'x.mp3', ['-c:a', 'libshine', '-b:a', '128k']],
      ['flac with 24 bits', 'x.flac', ['-sample_fmt', 's32', '-bits_per_raw_sample', '24']],
      ['flac with high-order prediction', 'x.flac', ['-compression_level', '12']],
      [
        'flac with 8 channels at 96 kHz',
        'x.flac',
        ['-af', 'pan=7.1|c0=c0|c1=c1|c2=c0|c3=c1|c4=c0|c5=c1|c6=c0|c7=c1', '-ar', '96000'],
      ],
      ['flac of blocks of 100 samples', 'x.flac', ['-frame_size', '100']],
      [
        'vorbis with 5.1 channels',
        'x.ogg',
        ['-af', 'pan=5.1|c0=c0|c1=c1|c2=0.5*c0|c3=0.5*c1|c4=0.2*c0|c5=0.2*c1', '-c:a', 'libvorbis'],
      ],
      ['vorbis at 96 kHz', 'x.ogg', ['-ar', '96000', '-c:a', 'libvorbis']],
      [
        'opus with 5.1 channels',
        'x.opus',
        ['-af', 'pan=5.1|c0=c0|c1=c1|c2=0.5*c0|c3=0.5*c1|c4=0.2*c0|c5=0.2*c1', '-c:a', 'libopus', '-b:a', '256k'],
      ],
      [
        'opus with frames of 2.5 ms',
        'x.opus',
        ['-c:a', 'libopus', '-frame_duration', '2.5', '-application', 'lowdelay'],
      ],
      ['opus shorter than a page', 'x.opus', ['-t', '0.05', '-c:a', 'libopus']],
      ['wav with 24 bits and 3 channels', 'x.wav', ['-af', 'pan=2.1|c0=c0|c1=c1|c2=c0', '-c:a', 'pcm_s24le']],
      ['RF64', 'x.wav', ['-rf64', 'always']],
    ])('%s', async (_, name, options) => {
      const path = temporaryFile(name, '')
      if (ffmpeg('-i', source, ...options, path) === undefined) return // an encoder that is not built in
      await expectParity(path, decoderOptions(name))
    })
  },
)

test.skipIf(!hasFfmpeg)(
  'streams one after the other in an Ogg file are all read, each at its rate (skipped without ffmpeg)',
  async () => {
    const {readFileSync, writeFileSync} = await import('node:fs')
    const path = join(dirname(temporaryFile('x', '')), 'chain.ogg')
    const names = ['mono8k.ogg', 'stereo44k.ogg', 'stereo48k.opus']
    writeFileSync(path, Buffer.concat(names.map(name => readFileSync(seedPath(name)))))
    const rates: number[] = []
    const lengths: number[] = []
    for await (const event of decodeAudio(file(path))) {
      if (event.type === 'format') {
        rates.push(event.sampleRateHz)
        lengths.push(0)
      }
      if (event.type === 'pcm') lengths[lengths.length - 1]! += event.channels[0]!.length
    }
    expect(rates).toEqual([8000, 44_100, 48_000])
    expect(lengths).toEqual([8800, 48_510, 52_800])
  },
)

async function expectParity(path: string, options: readonly string[]): Promise<void> {
  const {channels, warnings} = await decode(path)
  const expected = ffmpegDecode(path, ...options)
  expect(warnings).toEqual([])
  expect(channels[0]!.length).toBe(expected.length / channels.length)
  channels.forEach((samples, channel) => {
    const reference = Float32Array.from({length: samples.length}, (_, i) => expected[i * channels.length + channel]!)
    expect(snrDb(reference, samples)).toBeGreaterThan(WANTED_DB)
  })
}

async function decode(path: string): Promise<{channels: Float32Array[]; warnings: unknown[]}> {
  const pieces: (readonly Float32Array[])[] = []
  const warnings: unknown[] = []
  for await (const event of decodeAudio(file(path))) {
    if (event.type === 'pcm') pieces.push(event.channels)
    if (event.type === 'warning') warnings.push(event)
  }
  const channels = pieces[0]!.map((_, channel) => {
    const whole = new Float32Array(pieces.reduce((sum, piece) => sum + piece[channel]!.length, 0))
    let at = 0
    for (const piece of pieces) {
      whole.set(piece[channel]!, at)
      at += piece[channel]!.length
    }
    return whole
  })
  return {channels, warnings}
}

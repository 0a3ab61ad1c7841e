import {chmodSync, readFileSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {Readable} from 'node:stream'
import {afterEach, describe, expect, test, vi} from 'vitest'
import {loadAudio, readAudio} from '../../../src/pipeline/audio/read-audio.js'
import type {AudioSource, ChannelChoice} from '../../../src/pipeline/audio/source.js'
import {hasFfmpeg} from './ffmpeg.js'
import {sine} from './signals.js'
import {file, seedPath, stream, temporaryFile} from './sources.js'
import {s16, wavFile} from './wav-file.js'

const mix = {channel: 'mix'} as const
const seed = (name: string) => new Uint8Array(readFileSync(seedPath(name)))
const NATIVE = [
  'stereo16k.wav',
  'mono8k-mulaw.wav',
  'stereo44k.flac',
  'mono16k-flac.oga',
  'stereo44k-cbr.mp3',
  'mono16k-vbr.mp3',
  'mono32k-untagged.mp3',
  'stereo44k.ogg',
  'mono8k.ogg',
  'stereo48k.opus',
  'mono48k-voip.opus',
]
const FOREIGN = ['mono16k-adpcm.wav', 'stereo44k.m4a', 'mono48k.webm']

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('every format gives its 1.1 seconds at 16 kHz', () => {
  test.each(NATIVE)('%s, without ffmpeg', async name => {
    vi.stubEnv('PATH', '')
    await expectSeed(name)
  })

  test.skipIf(!hasFfmpeg).each(FOREIGN)('%s, through ffmpeg (skipped where it is absent)', expectSeed)

  async function expectSeed(name: string) {
    const {channels, durationSeconds, warnings} = await loadAudio(file(seedPath(name)), mix)
    expect(warnings).toEqual([])
    expect(channels).toHaveLength(1)
    expect(durationSeconds).toBeGreaterThan(1.09)
    expect(durationSeconds).toBeLessThan(1.16)
    expect(Math.max(...channels[0]!)).toBeGreaterThan(0.1)
  }
})

test.each(NATIVE)('%s gives the same bits from a stream of small chunks as from a file', async name => {
  const whole = await loadAudio(file(seedPath(name)), mix)
  const streamed = await loadAudio(stream(seed(name), 37), mix)
  expect(streamed.channels).toEqual(whole.channels)
})

test.skipIf(!hasFfmpeg)(
  'an mp4 from a pipe, whose index may be at its end, is read (skipped without ffmpeg)',
  async () => {
    const {channels} = await loadAudio(stream(seed('stereo44k.m4a')), mix)
    expect(channels).toEqual((await loadAudio(file(seedPath('stereo44k.m4a')), mix)).channels)
  },
)

test('the content decides, not the name', async () => {
  const {format} = await loadAudio(file(temporaryFile('misnamed.wav', seed('stereo44k.flac'))), mix)
  expect(format).toMatchObject({container: 'flac', sampleRateHz: 44_100, channels: 2, declaredSeconds: 1.1})
})

describe('channels', () => {
  const left = sine(300, 0.5, 16_000)
  const right = sine(500, 0.5, 16_000)
  const interleaved = s16([...left].flatMap((sample, i) => [sample, right[i]!]))
  const stereo = () => stream(wavFile(interleaved, {channels: 2}))
  const mono = () => stream(wavFile(s16([...left])))

  test.each<[ChannelChoice, readonly Float32Array[]]>([
    ['left', [left]],
    ['right', [right]],
    ['split', [left, right]],
    ['mix', [left.map((sample, i) => (sample + right[i]!) / 2)]],
  ])('%s of stereo', async (channel, expected) => {
    const {channels, warnings} = await loadAudio(stereo(), {channel})
    expect(warnings).toEqual([])
    expect(channels).toHaveLength(expected.length)
    for (const [i, lane] of channels.entries()) {
      for (const [at, sample] of lane.entries()) expect(Math.abs(sample - expected[i]![at]!)).toBeLessThan(1e-4)
    }
  })

  test.each<[ChannelChoice, number]>([
    ['left', 1],
    ['right', 1],
    ['split', 1],
    ['mix', 0],
  ])('%s of mono is its one channel, with %i warning', async (channel, count) => {
    const {channels, warnings} = await loadAudio(mono(), {channel})
    expect(channels).toHaveLength(1)
    expect(warnings.map(warning => warning.code)).toEqual(Array(count).fill('channels'))
  })
})

describe('a file cut in the middle is read as far as it goes, with a warning', () => {
  test.each(NATIVE)('%s', async name => {
    const bytes = seed(name)
    const {durationSeconds, warnings} = await loadAudio(stream(bytes.subarray(0, Math.floor(bytes.length * 0.75))), mix)
    expect(durationSeconds).toBeGreaterThan(0.3)
    expect(durationSeconds).toBeLessThan(1)
    expect(warnings.map(warning => warning.code)).toContain('truncated')
  })

  test.each(['stereo16k.wav', 'stereo44k.flac', 'stereo44k-cbr.mp3'])('%s says how much is missing', async name => {
    const bytes = seed(name)
    const {warnings} = await loadAudio(stream(bytes.subarray(0, bytes.length / 2)), mix)
    expect(warnings[0]?.message).toMatch(/ends after 0\.\d\d s of the 1\.1\d s its header declares/)
  })

  test.skipIf(!hasFfmpeg)('mono48k.webm, through ffmpeg (skipped where it is absent)', async () => {
    const bytes = seed('mono48k.webm')
    const {durationSeconds, warnings} = await loadAudio(stream(bytes.subarray(0, bytes.length * 0.6)), mix)
    expect(durationSeconds).toBeGreaterThan(0.3)
    expect(warnings.map(warning => warning.code)).toContain('truncated')
  })
})

describe('a hole in the middle keeps what follows at its time', () => {
  test.each(['stereo44k.flac', 'stereo44k.ogg', 'stereo48k.opus', 'mono32k-untagged.mp3'])('%s', async name => {
    const bytes = seed(name)
    const whole = await loadAudio(file(seedPath(name)), mix)
    bytes.fill(0x55, bytes.length * 0.45, bytes.length * 0.5)
    const {channels, warnings} = await loadAudio(stream(bytes), mix)
    expect(warnings.map(warning => warning.code)).toContain('damaged')
    // mp3 frames have no numbers: what is lost is missing.
    if (name.endsWith('mp3')) return
    const [damaged, sound] = [channels[0]!, whole.channels[0]!]
    expect(damaged.length).toBe(sound.length)
    const end = Math.floor(sound.length * 0.85)
    for (let i = end; i < sound.length; i++) expect(Math.abs(damaged[i]! - sound[i]!)).toBeLessThan(1e-3)
  })
})

describe('what is not usable has an error of its own', () => {
  const directory = tmpdir()
  test.each<[string, () => AudioSource, string, RegExp]>([
    ['a missing file', () => file(join(directory, 'no-such-file.wav')), 'INPUT_MISSING', /does not exist/],
    ['a directory', () => file(directory), 'AUDIO_UNREADABLE', /is a directory/],
    ['a device', () => file('/dev/null'), 'AUDIO_UNREADABLE', /not a regular file/],
    ['a broken link', () => file(brokenLink()), 'INPUT_MISSING', /does not exist/],
    ['an empty file', () => file(temporaryFile('empty.mp3', '')), 'AUDIO_EMPTY', /is empty \(0 bytes\)/],
    ['an empty stream', () => stream(new Uint8Array(0)), 'AUDIO_EMPTY', /standard input is empty \(0 bytes\)/],
    ['a header without sound', () => stream(wavFile(new Uint8Array(0))), 'AUDIO_EMPTY', /no sound/],
    ['a flac header without sound', () => stream(seed('stereo44k.flac').subarray(0, 8000)), 'AUDIO_CORRUPT', /FLAC/],
    ['an ogg header without sound', () => stream(seed('stereo44k.ogg').subarray(0, 4000)), 'AUDIO_CORRUPT', /Ogg/],
    ['text', () => stream(Buffer.from('Dear audio,\nI am text. Ünïcödé too.\n')), 'AUDIO_UNSUPPORTED', /it is text/],
    [
      'an image',
      () => stream(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')),
      'AUDIO_UNSUPPORTED',
      /a PNG image/,
    ],
    ['an archive', () => stream(Buffer.from('504b030414000000080000', 'hex')), 'AUDIO_UNSUPPORTED', /zip archive/],
    [
      'a tag and nothing else',
      () => stream(Buffer.from('4944330400000000000a00000000000000000000', 'hex')),
      'AUDIO_EMPTY',
      /a tag but no sound/,
    ],
  ])('%s', async (_, source, code, message) => {
    await expect(loadAudio(source(), mix)).rejects.toMatchObject({
      name: 'LinguluError',
      code,
      message: expect.stringMatching(message),
    })
  })

  test.skipIf(process.getuid?.() === 0)(
    'a file without permission (skipped for root, who may read everything)',
    async () => {
      const path = temporaryFile('secret.wav', wavFile(s16([0.1])))
      chmodSync(path, 0)
      await expect(loadAudio(file(path), mix)).rejects.toMatchObject({
        code: 'AUDIO_UNREADABLE',
        message: expect.stringContaining('permission denied'),
      })
    },
  )

  test('without ffmpeg, an mp4 names the remedy', async () => {
    vi.stubEnv('PATH', '')
    await expect(loadAudio(file(seedPath('stereo44k.m4a')), mix)).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringContaining('(MP4/M4A) needs ffmpeg, which is not on PATH'),
      hint: expect.stringContaining('sudo apt install ffmpeg'),
    })
  })

  test.skipIf(!hasFfmpeg).each<[string, () => Uint8Array, string, RegExp]>([
    [
      'an mp4 cut before its index',
      () => seed('stereo44k.m4a').subarray(0, 4000),
      'AUDIO_CORRUPT',
      /could not be decoded; ffmpeg says/,
    ],
    [
      'bytes nobody knows',
      () => Uint8Array.from({length: 5000}, (_, i) => (i * i * 31) & 0x7f),
      'AUDIO_UNSUPPORTED',
      /no|not in an audio format/,
    ],
  ])('%s (skipped without ffmpeg)', async (_, bytes, code, message) => {
    await expect(loadAudio(stream(bytes()), mix)).rejects.toMatchObject({code, message: expect.stringMatching(message)})
  })

  function brokenLink(): string {
    const path = join(dirname(temporaryFile('x', 'x')), 'link.wav')
    symlinkSync('nowhere.wav', path)
    return path
  }
})

describe.skipIf(!hasFfmpeg)(
  'paths that look like something else reach ffmpeg as files (skipped without ffmpeg)',
  () => {
    test.each(['-i.m4a', 'http:x.m4a', 'a b%d\'"?#.m4a', 'concat:x|y.m4a'])('%s', async name => {
      const {channels} = await loadAudio(file(temporaryFile(name, seed('stereo44k.m4a'))), mix)
      expect(channels[0]!.length).toBeGreaterThan(16_000)
    })
  },
)

describe.skipIf(!hasFfmpeg || process.platform === 'win32')(
  'an ffmpeg that misbehaves (skipped without ffmpeg)',
  () => {
    const fake = (script: string) => {
      const path = temporaryFile('ffmpeg', `#!/bin/sh\n${script}\n`)
      chmodSync(path, 0o755)
      vi.stubEnv('PATH', `${dirname(path)}:/usr/bin:/bin`)
    }

    test('is stopped when it hangs', async () => {
      const {decodeWithFfmpeg} = await import('../../../src/pipeline/audio/decoders/ffmpeg.js')
      fake('sleep 60')
      const started = performance.now()
      const events = decodeWithFfmpeg({path: 'x.m4a', name: 'x.m4a', what: 'MP4/M4A', stallSeconds: 0.3})
      await expect(events.next()).rejects.toMatchObject({code: 'AUDIO_STALLED'})
      expect(performance.now() - started).toBeLessThan(5000)
    })

    test('and one that fails without a word is an error', async () => {
      fake('exit 1')
      await expect(loadAudio(file(seedPath('stereo44k.m4a')), mix)).rejects.toMatchObject({name: 'LinguluError'})
    })
  },
)

describe('raw PCM from a pipe', () => {
  const raw = (
    bytes: Uint8Array,
    layout: {format: 's16le' | 's16be' | 'f32le'; rateHz: number; channels: number},
  ): AudioSource => ({
    type: 'raw',
    stream: Readable.from([bytes.slice(0, 5), bytes.slice(5)]),
    name: 'standard input',
    layout,
  })

  test('is taken as it is said to be', async () => {
    const {channels, format} = await loadAudio(
      raw(s16([0.5, -0.5, 0.25]), {format: 's16le', rateHz: 16_000, channels: 1}),
      mix,
    )
    expect([...channels[0]!]).toEqual([0.5, -0.5, 0.25])
    expect(format).toMatchObject({container: 'raw', codec: 's16le', sampleRateHz: 16_000, channels: 1})
  })

  test('is resampled and mixed', async () => {
    const {channels} = await loadAudio(
      raw(s16(Array(16_000).fill(0.5)), {format: 's16le', rateHz: 8000, channels: 2}),
      mix,
    )
    expect(channels.map(lane => lane.length)).toEqual([16_000])
  })

  test('that ends within a sample is a warning', async () => {
    const {warnings} = await loadAudio(
      raw(s16([0.5, 0.5]).subarray(0, 3), {format: 's16le', rateHz: 16_000, channels: 1}),
      mix,
    )
    expect(warnings.map(warning => warning.code)).toEqual(['truncated'])
  })

  test('is passed on as it comes, before the pipe ends', async () => {
    const pipe = new Readable({read() {}})
    const events = readAudio(
      {type: 'raw', stream: pipe, name: 'live', layout: {format: 's16le', rateHz: 16_000, channels: 1}},
      mix,
    )
    pipe.push(s16([0.5, 0.25]))
    expect((await events.next()).value).toMatchObject({type: 'format'})
    expect((await events.next()).value).toMatchObject({type: 'samples', channels: [Float32Array.of(0.5, 0.25)]})
    await events.return(undefined)
    expect(pipe.destroyed).toBe(true)
  })
})

test('samples in memory pass through', async () => {
  const samples = sine(440, 0.1, 16_000)
  const {channels} = await loadAudio({type: 'samples', samples, name: 'memory'}, mix)
  expect(channels).toEqual([samples])
})

test('silence is fine', async () => {
  const {channels, warnings} = await loadAudio(stream(wavFile(new Uint8Array(32_000))), mix)
  expect(channels[0]).toEqual(new Float32Array(16_000))
  expect(warnings).toEqual([])
})

describe('aborting', () => {
  test('before the start', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(loadAudio(file(seedPath('stereo44k.flac')), {...mix, signal})).rejects.toThrow('enough')
  })

  test.each(['stereo16k.wav', 'stereo44k.ogg'])('in the middle of %s', async name => {
    const controller = new AbortController()
    const events = readAudio(file(seedPath(name)), {...mix, signal: controller.signal})
    await events.next()
    controller.abort(new Error('enough'))
    await expect(events.next()).rejects.toThrow('enough')
  })

  test('frees a reader that waits for a pipe on which nothing comes', async () => {
    const controller = new AbortController()
    const pipe = new Readable({read() {}})
    const loading = loadAudio({type: 'stream', stream: pipe, name: 'pipe'}, {...mix, signal: controller.signal})
    setTimeout(() => controller.abort(new Error('enough')), 20)
    await expect(loading).rejects.toThrow('enough')
  })

  test.skipIf(!hasFfmpeg)('stops ffmpeg (skipped where it is absent)', async () => {
    const controller = new AbortController()
    const events = readAudio(file(seedPath('stereo44k.m4a')), {...mix, signal: controller.signal})
    await events.next()
    controller.abort(new Error('enough'))
    await expect(
      (async () => {
        for await (const _ of events);
      })(),
    ).rejects.toThrow('enough')
  })
})

test('an hour streams through in little memory', async () => {
  const second = s16([...sine(440, 1, 16_000)])
  const hour = Readable.from(
    (function* () {
      for (let i = 0; i < 3600; i++) yield second
    })(),
  )
  const layout = {format: 's16le', rateHz: 16_000, channels: 1} as const
  let samples = 0
  let peakBytes = 0
  const before = process.memoryUsage()
  for await (const event of readAudio({type: 'raw', stream: hour, name: 'hour', layout}, mix)) {
    if (event.type !== 'samples') continue
    samples += event.channels[0]!.length
    const {heapUsed, arrayBuffers} = process.memoryUsage()
    peakBytes = Math.max(peakBytes, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers)
  }
  expect(samples).toBe(3600 * 16_000)
  // The hour itself is 230 MB as floats.
  expect(peakBytes).toBeLessThan(120e6)
})

describe('files put one after the other into one are read one after the other', () => {
  test.each(['stereo16k.wav', 'stereo44k.flac', 'stereo44k-cbr.mp3', 'stereo44k.ogg', 'stereo48k.opus'])(
    '%s',
    async name => {
      const once = await loadAudio(file(seedPath(name)), mix)
      const twice = await loadAudio(stream(new Uint8Array(Buffer.concat([seed(name), seed(name)]))), mix)
      expect(twice.warnings).toEqual([])
      expect(twice.durationSeconds).toBeGreaterThan(once.durationSeconds * 2 - 0.01)
      expect(twice.durationSeconds).toBeLessThan(once.durationSeconds * 2 + 0.1)
    },
  )

  test('also with a tag between them', async () => {
    const tag = Buffer.from(`ID3\x04\0\0\0\0\x07\x68${'\xff'.repeat(1000)}`, 'latin1')
    const mp3 = seed('stereo44k-cbr.mp3')
    const {durationSeconds, warnings} = await loadAudio(
      stream(new Uint8Array(Buffer.concat([tag, mp3, tag, mp3]))),
      mix,
    )
    expect(warnings).toEqual([])
    expect(durationSeconds).toBeGreaterThan(2.19)
  })

  test('and damage in the second does not cost the first', async () => {
    const wav = seed('stereo16k.wav')
    const {durationSeconds, warnings} = await loadAudio(
      stream(new Uint8Array(Buffer.concat([wav, wav.subarray(0, 30)]))),
      mix,
    )
    expect(durationSeconds).toBeCloseTo(1.1, 2)
    expect(warnings.map(warning => warning.code)).toEqual(['damaged'])
  })
})

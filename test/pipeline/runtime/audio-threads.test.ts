import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {openFrameStore} from '../../../src/pipeline/features/frame-store.js'
import type {FeatureSpec} from '../../../src/pipeline/models/recognizer.js'
import {AudioThreads} from '../../../src/pipeline/runtime/audio-threads.js'
import type {PrepareRequest} from '../../../src/pipeline/runtime/prepared-audio.js'
import type {JobAudio} from '../../../src/pipeline/runtime/protocol.js'

const NEVER = new AbortController().signal

let directory: string
let threads: AudioThreads

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'audio-threads-'))
  threads = new AudioThreads({threads: 1, stallSeconds: 2})
})

afterEach(() => {
  threads.close()
  rmSync(directory, {recursive: true, force: true})
})

function request(audio: JobAudio, features: FeatureSpec = {kind: 'waveform', normalize: false}): PrepareRequest {
  return {audio, features, options: {channel: 'mix'}, spoolDirectory: directory, memoryLimitBytes: 1e9}
}

const second = (name: string): JobAudio => ({type: 'samples', name, samples: new Float32Array(16_000).fill(0.5)})

test('a recording becomes features that the caller can read', async () => {
  const {channels, warnings} = await threads.prepare(request(second('a')), NEVER)
  expect(channels).toMatchObject([{durationSeconds: 1, speechSeconds: 1, features: {frames: 16_000, width: 1}}])
  expect(warnings).toEqual([])
  const [channel] = channels
  const store = openFrameStore(channel?.features ?? {kind: 'file', path: '', frames: 0, width: 1})
  expect(store.read(15_999, 2)).toEqual(Float32Array.of(0.5, 0))
})

test('an error comes back as itself, and the thread goes on', async () => {
  const missing: JobAudio = {type: 'file', path: join(directory, 'missing.wav')}
  await expect(threads.prepare(request(missing), NEVER)).rejects.toMatchObject({
    name: 'LinguluError',
    code: 'INPUT_MISSING',
  })
  await expect(threads.prepare(request(second('b')), NEVER)).resolves.toMatchObject({warnings: []})
})

describe.skipIf(process.platform === 'win32')('a source that gives nothing (a pipe without a writer)', () => {
  const silent = (): JobAudio => {
    const path = join(directory, 'pipe')
    execFileSync('mkfifo', [path])
    return {type: 'raw-file', path, layout: {format: 's16le', rateHz: 16_000, channels: 1}}
  }

  test('is given up, and the next recording gets a fresh thread', async () => {
    const hung = threads.prepare(request(silent()), NEVER)
    const next = threads.prepare(request(second('next')), NEVER)
    await expect(hung).rejects.toMatchObject({code: 'AUDIO_STALLED', message: expect.stringContaining('pipe')})
    await expect(next).resolves.toMatchObject({channels: [{durationSeconds: 1}]})
    writeFileSync(join(directory, 'pipe'), '')
  })

  test('is noticed only while a thread works: waiting is no stall', async () => {
    await threads.prepare(request(second('a')), NEVER)
    await new Promise(resolve => setTimeout(resolve, 2500))
    await expect(threads.prepare(request(second('b')), NEVER)).resolves.toMatchObject({warnings: []})
  })
})

test('a caller that is blocked for longer than the limit does not find its thread stalled', async () => {
  const preparing = threads.prepare(request(second('a')), NEVER)
  await new Promise(resolve => setTimeout(resolve, 20))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
  await expect(preparing).resolves.toMatchObject({channels: [{durationSeconds: 1}]})
})

test('aborting while waiting for a thread rejects at once', async () => {
  const first = threads.prepare(request(second('a')), NEVER)
  const waiting = threads.prepare(request(second('b')), AbortSignal.abort(new Error('enough')))
  await expect(waiting).rejects.toThrow('enough')
  await first
})

test('raw PCM is read by its layout', async () => {
  const path = join(directory, 'x.raw')
  writeFileSync(path, new Int16Array(8000).fill(16_384))
  const audio: JobAudio = {type: 'raw-file', path, layout: {format: 's16le', rateHz: 16_000, channels: 1}}
  await expect(threads.prepare(request(audio), NEVER)).resolves.toMatchObject({
    channels: [{durationSeconds: 0.5, features: {frames: 8000}}],
  })
})

test("Whisper's features bring their normalisation with them", async () => {
  const prepared = await threads.prepare(request(second('a'), {kind: 'whisper-log-mel', mels: 80}), NEVER)
  expect(prepared.channels[0]?.features).toMatchObject({width: 80, frames: 3100, transform: {scale: 0.25, offset: 1}})
})

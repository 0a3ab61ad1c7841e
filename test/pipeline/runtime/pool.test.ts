import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterEach, describe, expect, test} from 'vitest'
import type {WorkerPool} from '../../../src/pipeline/runtime/pool.js'
import type {JobInput} from '../../../src/pipeline/runtime/protocol.js'
import {eventsOf, openStubPool, saidBy, stubFolder, stubJob} from './stub-pool.js'

const pools: WorkerPool[] = []

async function openPool(...options: Parameters<typeof openStubPool>): Promise<WorkerPool> {
  const pool = await openStubPool(...options)
  pools.push(pool)
  return pool
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map(pool => pool.close()))
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a job', () => {
  test('tells the audio, the recognition and the transcript, in this order', async () => {
    const pool = await openPool()
    const events = await eventsOf(pool.run(stubJob('one')))
    expect(events.map(({type}) => type)).toEqual(['audio', 'started', 'recognition', 'recognition', 'done'])
    expect(events[0]).toMatchObject({channels: [{durationSeconds: 1, speechSeconds: 1}], warnings: []})
    expect(saidBy(events)).toMatchObject({frames: 16_000, sum: 16_000})
    expect(events.at(-1)).toMatchObject({timings: {encoderSeconds: 1, decoderSeconds: 2}})
  })

  test('runs in another process', async () => {
    const pool = await openPool()
    expect(saidBy(await eventsOf(pool.run(stubJob('one')))).pid).not.toBe(process.pid)
  })

  test('fails alone when the recognizer throws', async () => {
    const pool = await openPool()
    const [good, bad] = await Promise.all([
      eventsOf(pool.run(stubJob('good'))),
      eventsOf(pool.run(stubJob('bad', {behaviour: 'fail'}))),
    ])
    expect(bad.at(-1)).toMatchObject({type: 'failed', error: {code: 'BUG', message: 'the stub fails'}})
    expect(saidBy(good).frames).toBe(16_000)
  })

  test("fails with the reader's own error when its file is missing", async () => {
    const pool = await openPool()
    const job = {...stubJob('x'), audio: {type: 'file', path: '/nowhere/x.wav'} as const}
    expect((await eventsOf(pool.run(job))).at(-1)).toMatchObject({type: 'failed', error: {code: 'INPUT_MISSING'}})
  })
})

describe('what is left out of a recording', () => {
  const RATE = 16_000
  /** A tone in the third second of four. */
  const samples = Float32Array.from({length: 4 * RATE}, (_, i) =>
    i >= 2 * RATE && i < 3 * RATE ? 0.1 * Math.sin(i / 3) : 0,
  )

  test.each([
    ['voice detection', {vad: {padSeconds: 0, minSilenceSeconds: 0.3}}],
    ['trimming', {trimSilence: true}],
  ])('by %s does not move the times of the transcript', async (_, prepare) => {
    const pool = await openPool()
    const events = await eventsOf(pool.run({...stubJob('x', {}, samples), prepare: {channel: 'mix', ...prepare}}))
    const segments = events.flatMap(event =>
      event.type === 'recognition' && event.event.type === 'segment' ? [event.event.segment] : [],
    )
    const last = events.at(-1)
    const [transcript] = last?.type === 'done' ? last.transcripts : []
    expect(transcript?.durationSeconds).toBe(4)
    expect(transcript?.segments).toEqual(segments)
    expect(Math.abs((segments[0]?.start ?? 0) - 2)).toBeLessThan(0.15)
    expect(Math.abs((segments[0]?.end ?? 0) - 3)).toBeLessThan(0.15)
  })

  test('may be all of it: silence is an empty transcript, and the model is not asked', async () => {
    const pool = await openPool()
    const job = stubJob('silence', {behaviour: 'fail'}, new Float32Array(RATE))
    const events = await eventsOf(pool.run({...job, prepare: {channel: 'mix', vad: {}}}))
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      transcripts: [{text: '', durationSeconds: 1, segments: [], suspects: []}],
    })
  })
})

test('split channels are recognised apart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pool-'))
  const path = join(directory, 'stereo.raw')
  const frames = Float32Array.from({length: 32_000}, (_, i) => (i % 2 === 0 ? 1 : 0.5))
  writeFileSync(path, frames)
  const pool = await openPool()
  const layout = {format: 'f32le', rateHz: 16_000, channels: 2} as const
  const job: JobInput = {audio: {type: 'raw-file', path, layout}, prepare: {channel: 'split'}, options: {}}
  const events = await eventsOf(pool.run(job))
  const last = events.at(-1)
  const transcripts = last?.type === 'done' ? last.transcripts : []
  expect(transcripts.map(({channel, text}) => [channel, JSON.parse(text).sum])).toEqual([
    ['left', 16_000],
    ['right', 8000],
  ])
  rmSync(directory, {recursive: true})
})

describe('many jobs', () => {
  test('share the slots of a worker and no more', async () => {
    const pool = await openPool({slots: 3, ahead: 5})
    const jobs = Array.from({length: 12}, (_, i) => eventsOf(pool.run(stubJob(`${i}`, {sleepMs: 30}))))
    const most = (await Promise.all(jobs)).map(events => saidBy(events).most)
    expect(Math.max(...most)).toBe(3)
  })

  test('begin in the order in which they were asked for', async () => {
    const pool = await openPool({slots: 1})
    const begun: number[] = []
    const run = async (index: number) => {
      for await (const event of pool.run(stubJob(`${index}`, {sleepMs: (7 * index) % 5}))) {
        if (event.type === 'started') begun.push(index)
      }
    }
    await Promise.all(Array.from({length: 20}, (_, i) => run(i)))
    expect(begun).toEqual(Array.from({length: 20}, (_, i) => i))
  })

  test('are spread over all workers', async () => {
    const session = {provider: 'cpu', threads: 1} as const
    const pool = await openPool({sessions: [session, session], slots: 1, ahead: 0})
    const jobs = Array.from({length: 8}, (_, i) => eventsOf(pool.run(stubJob(`${i}`, {sleepMs: 30}))))
    const pids = (await Promise.all(jobs)).map(events => saidBy(events).pid)
    expect(new Set(pids).size).toBe(2)
  })
})

describe('a crash', () => {
  test('costs only the guilty recording, which is tried twice', async () => {
    const pool = await openPool({slots: 3, ahead: 2})
    const names = ['a', 'b', 'guilty', 'c', 'd', 'e', 'f']
    const results = await Promise.all(
      names.map(name => eventsOf(pool.run(stubJob(name, name === 'guilty' ? {behaviour: 'crash'} : {sleepMs: 200})))),
    )
    const guilty = results[2] ?? []
    expect(guilty.filter(({type}) => type === 'retry')).toHaveLength(1)
    expect(guilty.at(-1)).toMatchObject({type: 'failed', error: {code: 'WORKER_CRASHED'}})
    expect(JSON.stringify(guilty.at(-1))).toContain('SIGABRT')
    const others = results.filter((_, index) => index !== 2)
    expect(others.map(events => saidBy(events).sum)).toEqual(others.map(() => 16_000))
  })

  test('of a worker that is killed from outside harms nobody', async () => {
    const pool = await openPool({slots: 2})
    const {pid} = saidBy(await eventsOf(pool.run(stubJob('first'))))
    const jobs = ['a', 'b'].map(name => eventsOf(pool.run(stubJob(name, {sleepMs: 400}))))
    await sleep(150)
    process.kill(pid, 'SIGKILL')
    for (const events of await Promise.all(jobs)) {
      expect(events.map(({type}) => type)).toContain('retry')
      expect(saidBy(events).pid).not.toBe(pid)
    }
  })

  test('while the model loads is reported when the pool opens', async () => {
    await expect(openPool({folder: {...stubFolder, name: 'crashes-on-load'}})).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('SIGABRT'),
    })
  })
})

test('a worker that cannot be started again fails what waits, says why, and does not hang', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pool-'))
  const warnings: string[] = []
  const pool = await openPool({
    folder: {...stubFolder, name: 'loads-once', path: join(directory, 'loaded')},
    slots: 1,
    ahead: 0,
    onWarning: message => warnings.push(message),
  })
  const jobs = ['a', 'b'].map(name => eventsOf(pool.run(stubJob(name, {behaviour: 'crash'}))))
  for (const events of await Promise.all(jobs)) {
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      error: {message: expect.stringContaining('No worker is left')},
    })
  }
  expect((await eventsOf(pool.run(stubJob('late')))).at(-1)).toMatchObject({type: 'failed'})
  expect(warnings).toEqual([expect.stringMatching(/cpu is lost, 0 are left.*EEXIST/)])
  rmSync(directory, {recursive: true})
})

test('a model that does not load rejects with its own error', async () => {
  await expect(openPool({folder: {...stubFolder, name: 'cannot-load'}})).rejects.toThrow('no such model')
})

describe('time limits', () => {
  test('a worker that says nothing is ended, and the guilty recording fails', async () => {
    const pool = await openPool({slots: 2, stallSeconds: 1.5})
    const [hung, good] = await Promise.all([
      eventsOf(pool.run(stubJob('hung', {behaviour: 'hang'}))),
      eventsOf(pool.run(stubJob('good', {sleepMs: 100}))),
    ])
    expect(hung.at(-1)).toMatchObject({type: 'failed', error: {code: 'WORKER_CRASHED'}})
    expect(JSON.stringify(hung.at(-1))).toContain('said nothing for 1.5 s')
    expect(saidBy(good).sum).toBe(16_000)
  })

  test('a recording beyond its time fails with TIMEOUT, the others go on', async () => {
    const pool = await openPool({slots: 2, jobTimeoutSeconds: 1})
    const [slow, good] = await Promise.all([
      eventsOf(pool.run(stubJob('slow', {sleepMs: 60_000}))),
      eventsOf(pool.run(stubJob('good', {sleepMs: 10}))),
    ])
    expect(slow.at(-1)).toMatchObject({type: 'failed', error: {code: 'TIMEOUT'}})
    expect(saidBy(good).sum).toBe(16_000)
    expect(saidBy(await eventsOf(pool.run(stubJob('next')))).pid).toBe(saidBy(good).pid)
  })
})

describe('cancelling', () => {
  test("one job ends it with the signal's reason and frees its slot", async () => {
    const pool = await openPool({slots: 1})
    const controller = new AbortController()
    const cancelled = eventsOf(pool.run(stubJob('long', {sleepMs: 60_000}), controller.signal))
    setTimeout(() => controller.abort(new Error('enough')), 100)
    await expect(cancelled).rejects.toThrow('enough')
    expect(saidBy(await eventsOf(pool.run(stubJob('next')))).sum).toBe(16_000)
  })

  test('a waiting job never starts it', async () => {
    const pool = await openPool({slots: 1, ahead: 0})
    const first = eventsOf(pool.run(stubJob('first', {sleepMs: 300})))
    const controller = new AbortController()
    const waiting = eventsOf(pool.run(stubJob('waiting', {behaviour: 'crash'}), controller.signal))
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect((await first).map(({type}) => type)).not.toContain('retry')
  })

  test('leaving the loop early frees the slot', async () => {
    const pool = await openPool({slots: 1})
    for await (const event of pool.run(stubJob('long', {sleepMs: 60_000}))) if (event.type === 'started') break
    expect(saidBy(await eventsOf(pool.run(stubJob('next')))).sum).toBe(16_000)
  })

  test('closing the pool ends a worker that hangs in native code, at once', async () => {
    const pool = await openPool({slots: 2})
    const {pid} = saidBy(await eventsOf(pool.run(stubJob('first'))))
    const hung = eventsOf(pool.run(stubJob('hung', {behaviour: 'hang'})))
    await sleep(300)
    const started = performance.now()
    await pool.close()
    expect(performance.now() - started).toBeLessThan(2000)
    expect(isRunning(pid)).toBe(false)
    expect((await hung).at(-1)).toMatchObject({type: 'failed', error: {code: 'INTERRUPTED'}})
  })
})

describe('recycling', () => {
  test('replaces a worker after so many jobs without losing one', async () => {
    const pool = await openPool({slots: 2, recycleAfterJobs: 4})
    const jobs = Array.from({length: 10}, (_, i) => eventsOf(pool.run(stubJob(`${i}`, {sleepMs: 5}))))
    const pids = (await Promise.all(jobs)).map(events => saidBy(events).pid)
    expect(new Set(pids).size).toBeGreaterThanOrEqual(2)
  })

  test('replaces a worker that has grown beyond the limit', async () => {
    const pool = await openPool({slots: 1, recycleRssBytes: 1})
    const first = saidBy(await eventsOf(pool.run(stubJob('1'))))
    const second = saidBy(await eventsOf(pool.run(stubJob('2'))))
    expect(second.pid).not.toBe(first.pid)
  })
})

import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {
  type FrameStoreDescriptor,
  type FrameTransform,
  openFrameStore,
} from '../../../src/pipeline/features/frame-store.js'
import {FrameStoreWriter} from '../../../src/pipeline/features/frame-store-writer.js'
import {normalizeLogMel} from '../../../src/pipeline/features/log-mel.js'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'frame-store-'))
})

afterAll(() => {
  rmSync(directory, {recursive: true, force: true})
})

const MIB = 1024 * 1024

/** Values 0, 1, 2 … in pieces of uneven length. */
function write(
  count: number,
  width: number,
  memoryLimitBytes: number,
  transform?: FrameTransform,
): FrameStoreDescriptor {
  const writer = new FrameStoreWriter({width, memoryLimitBytes, directory})
  for (let at = 0, piece = 1; at < count; piece = (piece * 7) % 99_991) {
    const length = Math.min(piece, count - at)
    writer.append(Float32Array.from({length}, (_, i) => at + i))
    at += length
  }
  return writer.finish(transform)
}

describe.each([
  ['in memory', Number.POSITIVE_INFINITY, 'memory'],
  ['spooled from the start', 0, 'file'],
  ['spooled after a while', 2 * MIB, 'file'],
] as const)('features %s', (_, limit, kind) => {
  const width = 80
  const frames = 12_345

  test('are read back exactly, from any frame', async () => {
    const descriptor = write(frames * width, width, limit)
    expect(descriptor).toMatchObject({kind, frames, width})
    const store = openFrameStore(descriptor)
    for (const [start, count] of [
      [0, 1],
      [0, frames],
      [3276, 3],
      [frames - 5, 5],
      [100, 3000],
      [7, 0],
    ] as const) {
      const values = store.read(start, count)
      expect(values.length).toBe(count * width)
      expect(values.every((value, i) => value === start * width + i)).toBe(true)
    }
    await store.close()
  })

  test('are zero outside the recording, untransformed', async () => {
    const store = openFrameStore(write(10 * width, width, limit, {scale: 2, offset: 5}))
    expect([...store.read(9, 2)].slice(width - 1, width + 2)).toEqual([2 * (10 * width - 1) + 5, 0, 0])
    expect(store.read(10, 4)).toEqual(new Float32Array(4 * width))
    expect(store.read(-2, 3).subarray(0, 2 * width)).toEqual(new Float32Array(2 * width))
    expect(store.read(-2, 3)[2 * width + 1]).toBe(7)
    await store.close()
  })

  test('can be opened in another thread', async () => {
    const descriptor = write(frames * width, width, limit)
    const sum = await new Promise(resolve => {
      const entry = new URL('../../../src/pipeline/features/frame-store.ts', import.meta.url).href
      const code = `
        const {parentPort, workerData} = require('node:worker_threads')
        import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(async ({register}) => {
          register()
          const {openFrameStore} = await import(${JSON.stringify(entry)})
          parentPort.postMessage(openFrameStore(workerData).read(1000, 2).reduce((a, b) => a + b))
        })`
      new Worker(code, {eval: true, execArgv: [], workerData: descriptor}).once('message', resolve)
    })
    const first = 1000 * width
    expect(sum).toBe((2 * first + 2 * width - 1) * width)
    await openFrameStore(descriptor).close()
  })
})

test('a partial last frame is left out', () => {
  expect(write(80 * 3 + 1, 80, 0)).toMatchObject({frames: 3})
})

test('an empty recording has no frames', async () => {
  const store = openFrameStore(new FrameStoreWriter({width: 80, directory}).finish())
  expect(store.frames).toBe(0)
  expect(store.read(0, 1)).toEqual(new Float32Array(80))
  await store.close()
})

describe('the transform', () => {
  test("equals Whisper's normalisation bit for bit", async () => {
    const values = Float32Array.from({length: 8000}, (_, i) => ((i * 48_271) % 9973) / 712 - 10)
    const maximum = values.reduce((a, b) => Math.max(a, b))
    const writer = new FrameStoreWriter({width: 80, directory})
    writer.append(values)
    const store = openFrameStore(writer.finish({floor: Math.fround(maximum - 8), scale: 0.25, offset: 1}))
    expect(store.read(0, 100)).toEqual(normalizeLogMel(values.slice(), maximum))
    await store.close()
  })

  test('may differ from column to column', async () => {
    const scale = Float64Array.of(1, 10)
    const offset = Float64Array.of(0.5, 0)
    const store = openFrameStore(write(6, 2, MIB * 4, {scale, offset}))
    expect([...store.read(0, 3)]).toEqual([0.5, 10, 2.5, 30, 4.5, 50])
    await store.close()
  })
})

describe('the spool file', () => {
  test('is deleted when the store is closed', async () => {
    const descriptor = write(100, 1, 0)
    const path = descriptor.kind === 'file' ? descriptor.path : ''
    expect(existsSync(path)).toBe(true)
    await openFrameStore(descriptor).close()
    expect(existsSync(path)).toBe(false)
  })

  test('is deleted when the writing is given up', () => {
    const before = readdirSync(directory)
    const writer = new FrameStoreWriter({width: 1, memoryLimitBytes: 0, directory})
    writer.append(new Float32Array(MIB))
    expect(readdirSync(directory)).toHaveLength(before.length + 1)
    writer.discard()
    expect(readdirSync(directory)).toEqual(before)
  })

  test('that cannot be made is an error that says where', () => {
    const writer = new FrameStoreWriter({width: 1, memoryLimitBytes: 0, directory: join(directory, 'missing')})
    expect(() => writer.append(new Float32Array(1))).toThrow(
      expect.objectContaining({code: 'OUTPUT_FAILED', message: expect.stringContaining('missing')}),
    )
  })

  test('cut short by somebody else is an error, not zeros', async () => {
    const descriptor = write(1000, 1, 0)
    const store = openFrameStore({...descriptor, frames: 2000})
    expect(() => store.read(0, 2000)).toThrow(RangeError)
    await store.close()
  })
})

test('spooling keeps memory flat', () => {
  const writer = new FrameStoreWriter({width: 80, memoryLimitBytes: 2 * MIB, directory})
  const before = process.memoryUsage.rss()
  const minute = new Float32Array(80 * 6000)
  for (let i = 0; i < 100; i++) writer.append(minute)
  expect(process.memoryUsage.rss() - before).toBeLessThan(40 * MIB)
  expect(writer.frames).toBe(600_000)
  writer.discard()
})

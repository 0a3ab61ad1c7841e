import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {GREEDY, hasProc, needsProc, suiteFolder} from '../support/lingulu.js'
import {type MemoryPoint, measureMemory, slope, writeShortFiles} from '../support/memory.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'

const FILES = 120
/** The features of one recording, the least that could be forgotten, are five times as much. */
const BOUND_BYTES = 200_000
const folder = suiteFolder()

describe.skipIf(!hasSharedData || !hasProc)(`memory${needsSharedData}${needsProc}`, () => {
  // test/bench/memory.ts does the same with a thousand files.
  test('does not grow with the number of recordings', async () => {
    const audio = join(folder, 'audio')
    await writeShortFiles(audio, FILES)
    const argv = [audio, '-m', sharedData('models/whisper-nano'), ...GREEDY, '--batch-size', '2', '-o']
    const points = await measureMemory([...argv, join(folder, 'out')])
    expect(points.length).toBe(FILES)
    // At first caches and heaps fill; at the end the worker may be gone before its last result is read.
    const late = points.slice(FILES / 3, -5)
    const growth = (bytesOf: (point: MemoryPoint) => number) => slope(late, bytesOf)
    expect(growth(({mainBytes}) => mainBytes)).toBeLessThan(BOUND_BYTES)
    expect(growth(({workerBytes}) => workerBytes)).toBeLessThan(BOUND_BYTES)
    expect(late.every(({workerBytes}) => workerBytes > 0)).toBe(true)
  })
})

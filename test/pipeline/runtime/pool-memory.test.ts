import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import type {JobInput} from '../../../src/pipeline/runtime/protocol.js'
import {eventsOf, openStubPool, saidBy} from './stub-pool.js'

const MIB = 1024 * 1024
const JOBS = 300

test('300 recordings of many lengths leave the memory of worker and owner flat', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pool-memory-'))
  const path = (index: number) => join(directory, `${index % 10}.raw`)
  for (let i = 0; i < 10; i++) writeFileSync(path(i), new Int16Array(16_000 * (1 + 3 * i)).fill(1000))
  const pool = await openStubPool({slots: 2})
  const job = (index: number): JobInput => ({
    audio: {type: 'raw-file', path: path(index), layout: {format: 's16le', rateHz: 16_000, channels: 1}},
    prepare: {channel: 'mix'},
    options: {},
  })
  const worker: number[] = []
  const owner: number[] = []
  let next = 0
  const consume = async () => {
    while (next < JOBS) {
      worker.push(saidBy(await eventsOf(pool.run(job(next++)))).rssBytes)
      owner.push(process.memoryUsage.rss())
    }
  }
  await Promise.all([consume(), consume(), consume(), consume()])
  await pool.close()
  rmSync(directory, {recursive: true, force: true})
  // The first half fills heaps and caches. Each recording's features take 1 MiB on average: a leak would show as 100.
  expect(median(worker.slice(-50)) - median(worker.slice(125, 175))).toBeLessThan(40 * MIB)
  expect(median(owner.slice(-50)) - median(owner.slice(125, 175))).toBeLessThan(20 * MIB)
})

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {z} from 'zod'
import {type AugmentDatasetOptions, type AugmentEvent, augmentDataset} from '../../src/pipeline/augment-dataset.js'
import {copyNames} from '../../src/pipeline/augmentation/dataset/copy-names.js'
import {openCopyThreads} from '../../src/pipeline/augmentation/dataset/copy-threads.js'
import {
  DatasetAugmentation,
  parseDatasetAugmentation,
} from '../../src/pipeline/augmentation/dataset/dataset-augmentation.js'
import {sample, suiteFolder} from '../support/lingulu.js'

const home = suiteFolder()
const options = (out: string): AugmentDatasetOptions => ({
  dataset: sample('manifest.csv'),
  out: join(home, out),
  config: parseDatasetAugmentation({noise: {}}, 'test'),
})

async function eventsOf(stream: AsyncGenerator<AugmentEvent>): Promise<AugmentEvent[]> {
  const events: AugmentEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

test('tells how far it is, and what came of it at the end', async () => {
  const events = await eventsOf(augmentDataset({...options('events'), copies: 2}))
  expect(events[0]).toEqual({type: 'start', utterances: 8, copies: 16, done: 0})
  const progress = events.flatMap(event => (event.type === 'progress' ? [event.done] : []))
  expect(progress).toHaveLength(8)
  expect(progress).toEqual([...progress].sort((a, b) => a - b))
  expect(progress.at(-1)).toBe(16)
  expect(events.at(-1)).toMatchObject({type: 'done', result: {copies: 16, resumed: 0, failed: 0}})
})

test.each([1, 2])('ends soon when it is aborted, with %i workers, and can be gone on with', async workers => {
  const abort = new AbortController()
  const reason = new Error('enough')
  const wanted = {...options(`aborted ${workers}`), workers}
  const run = async () => {
    for await (const event of augmentDataset(wanted, {signal: abort.signal}))
      if (event.type === 'progress') abort.abort(reason)
  }
  await expect(run()).rejects.toBe(reason)
  const there = await readdir(wanted.out)
  expect(there).toContain('.lingulu-augment.jsonl')
  expect(there).not.toContain('manifest.jsonl')
  const events = await eventsOf(augmentDataset({...wanted, resume: true}))
  const [start] = events
  expect(start?.type === 'start' && start.done).toBeGreaterThan(0)
  expect(start?.type === 'start' && start.done).toBeLessThan(8)
  expect(events.at(-1)).toMatchObject({result: {copies: 8}})
})

test('two runs do not write in one folder at once', async () => {
  const first = augmentDataset(options('locked'))
  await first.next()
  await expect(eventsOf(augmentDataset({...options('locked'), resume: true}))).rejects.toMatchObject({code: 'USAGE'})
  await eventsOf(first)
})

test('a thread that dies is told for its recording, and takes nothing else along', async () => {
  // Refused where the thread reads it: the thread ends with an error of its own.
  const config = {...parseDatasetAugmentation({gain: {}}, 'test'), gain: {probability: 1, decibels: 1e9}}
  const threads = openCopyThreads({config, sounds: {}, seed: 1, format: 'wav'}, 1)
  const job = {utterance: {id: 'a', audio: sample('garden.wav'), clip: undefined, channel: undefined}, copies: [1]}
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(threads.make(job)).rejects.toMatchObject({
      code: 'WORKER_CRASHED',
      message: expect.stringMatching(/garden\.wav: the thread that worked on it is gone/),
    })
  await threads.close()
  await expect(threads.make(job)).rejects.toMatchObject({code: 'INTERRUPTED'})
})

test('file names of ids differ on every file system, and are the ids where they can be', () => {
  const ids = [
    's1_001',
    'S1_001',
    'a/b',
    'a_b',
    'ß',
    'é',
    '..',
    '.hidden',
    'x'.repeat(300),
    `${'x'.repeat(299)}y`,
    'two words',
  ]
  const names = copyNames(ids)
  const all = ids.map(id => names.get(id) ?? '')
  expect(names.get('s1_001')).toBe('s1_001')
  expect(new Set(all.map(name => name.toLowerCase())).size).toBe(ids.length)
  for (const name of all) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,160}$/)
})

test('the configuration has a JSON Schema in which everything is described', () => {
  const schema = z.toJSONSchema(DatasetAugmentation, {io: 'input'})
  const undescribed = Object.entries(schema.properties ?? {}).filter(
    ([, value]) => typeof value !== 'object' || value.description === undefined,
  )
  expect(Object.keys(schema.properties ?? {}).length).toBeGreaterThan(10)
  expect(undescribed).toEqual([])
})

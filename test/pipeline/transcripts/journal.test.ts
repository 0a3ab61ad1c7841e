import {appendFile, open, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test, vi} from 'vitest'
import type {PlannedJob} from '../../../src/pipeline/inputs/plan.js'
import {openJournal} from '../../../src/pipeline/transcripts/journal.js'
import {hashOptions} from '../../../src/pipeline/transcripts/journal-identity.js'
import {JOURNAL_NAME, readJournal, readResults} from '../../../src/pipeline/transcripts/read-journal.js'
import {transcribedRecord} from '../../../src/pipeline/transcripts/summarize.js'
import {identity} from './fake-batch.js'
import {randomTranscript} from './random-transcript.js'
import {temporaryFolder} from './temporary-folder.js'

const job = (key: string): PlannedJob => ({
  item: {path: `/in/${key}.wav`, name: `${key}.wav`, relativePath: `${key}.wav`},
  key,
  stem: key,
  formats: ['txt'],
  outputs: [{format: 'txt', path: `${key}.txt`}],
  action: 'transcribe',
})

const result = transcribedRecord(randomTranscript(1, true), {
  audio: 'a.wav',
  warnings: ['ä\n'],
  outputs: [],
  model: {...identity.model, provider: 'cpu'},
  options: {},
  timings: {wallSeconds: 1},
})
const work = {input: {bytes: 1, modifiedMilliseconds: 1.5, sha256: 'x'}, outputs: [], results: [result]}

test('what is planned, done and failed is read back; the last word on a job counts', async () => {
  const folder = await temporaryFolder()
  const journal = await openJournal(folder, identity, [job('a'), job('b'), job('ü/c'), {...job('s'), action: 'skip'}])
  await Promise.all([journal.done(job('a'), work), journal.done(job('b'), work), journal.done(job('ü/c'), work)])
  await journal.failed(job('b'), {code: 'AUDIO_CORRUPT', message: 'no'})
  await journal.close()
  const state = await readJournal(folder, identity)
  expect([...state!.plans.keys()]).toEqual(['a', 'b', 'ü/c'])
  expect([...state!.done.keys()]).toEqual(['a', 'ü/c'])
  expect(await readResults(state!, state!.done.get('ü/c')!)).toEqual(
    [{...result, resumed: true}].map(value => JSON.parse(JSON.stringify(value))),
  )
})

test('the header records version, model, options and their hash', async () => {
  const folder = await temporaryFolder()
  await (await openJournal(folder, identity, [])).close()
  const [header] = (await readFile(join(folder, JOURNAL_NAME), 'utf8')).split('\n')
  expect(JSON.parse(header!)).toEqual({
    type: 'header',
    journal: 1,
    ...identity,
    optionsHash: hashOptions(identity.options),
  })
  expect(hashOptions({b: 1, a: {d: 2, c: [3]}})).toBe(hashOptions({a: {c: [3], d: 2}, b: 1}))
})

test('a torn last line is cut off before the next is written', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, JOURNAL_NAME)
  await (await openJournal(folder, identity, [job('a')])).close()
  await appendFile(path, '{"type":"done","key":"a","aud')
  const state = await readJournal(folder, identity)
  expect(state!.done.size).toBe(0)
  const journal = await openJournal(folder, identity, [job('a'), job('b')], state)
  await journal.done(job('b'), work)
  await journal.close()
  const again = await readJournal(folder, identity)
  expect([...again!.plans.keys()]).toEqual(['a', 'b'])
  expect([...again!.done.keys()]).toEqual(['b'])
})

test('a line that the disk refuses is an OUTPUT_FAILED and leaves no half of itself', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, JOURNAL_NAME)
  const journal = await openJournal(folder, identity, [job('a')])
  const before = await readFile(path, 'utf8')
  const probe = await open(path)
  const full = Object.assign(new Error('no space'), {code: 'ENOSPC'})
  const sync = vi.spyOn(Object.getPrototypeOf(probe), 'datasync').mockRejectedValueOnce(full)
  await probe.close()
  await expect(journal.done(job('a'), work)).rejects.toThrow(
    expect.objectContaining({code: 'OUTPUT_FAILED', hint: expect.stringContaining('disk is full')}),
  )
  sync.mockRestore()
  expect(await readFile(path, 'utf8')).toBe(before)
  await journal.done(job('a'), work)
  await journal.close()
  expect((await readJournal(folder, identity))!.done.size).toBe(1)
})

test('no journal, or an empty one, is nothing to resume', async () => {
  const folder = await temporaryFolder()
  expect(await readJournal(folder, identity)).toBeUndefined()
  await writeFile(join(folder, JOURNAL_NAME), '')
  expect(await readJournal(folder, identity)).toBeUndefined()
})

test('a journal of a later version names the version that can read it', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, JOURNAL_NAME)
  await (await openJournal(folder, {...identity, version: '9.1.0'}, [])).close()
  await writeFile(path, (await readFile(path, 'utf8')).replace('"journal":1', '"journal":2'))
  await expect(readJournal(folder, identity)).rejects.toThrow(
    expect.objectContaining({code: 'JOURNAL_INVALID', hint: expect.stringContaining('lingulu 9.1.0')}),
  )
})

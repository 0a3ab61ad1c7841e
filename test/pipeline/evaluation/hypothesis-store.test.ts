import {appendFile, readdir, readFile, truncate, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import type {HypothesisIdentity, HypothesisLine, PartLine} from '../../../src/pipeline/evaluation/hypothesis-record.js'
import {openHypothesisStore} from '../../../src/pipeline/evaluation/hypothesis-store.js'
import {readStore} from '../../../src/pipeline/evaluation/read-store.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

const identity: HypothesisIdentity = {
  version: '1.0.0',
  model: {name: 'tiny', hash: 'abc', precision: 'fp32'},
  options: {beamSize: null, prepare: {channel: 'mix'}},
  dataset: {name: 'set', hash: 'def', recordings: '123', subset: null},
}
const part: PartLine = {type: 'part', provider: 'cpu', machine: 'a machine', startedAt: '2026-01-02T03:04:05.000Z'}
const heard = (id: string, elapsedSeconds: number, text = `text of ${id}`): HypothesisLine => ({
  type: 'hypothesis',
  id,
  status: 'ok',
  text,
  durationSeconds: 2,
  wallSeconds: 0.5,
  elapsedSeconds,
})
const failed = (id: string, elapsedSeconds: number): HypothesisLine => ({
  type: 'hypothesis',
  id,
  status: 'failed',
  error: {code: 'AUDIO_EMPTY', message: `${id} is empty`},
  elapsedSeconds,
})
const END = '2026-01-02T04:00:00.000Z'

let folder: string
let path: string
beforeEach(async () => {
  folder = await temporaryFolder()
  path = join(folder, 'run.hyps.jsonl')
})

interface Modes {
  readonly resume?: boolean
  readonly force?: boolean
  readonly as?: HypothesisIdentity
}
const open = ({resume = false, force = false, as = identity}: Modes = {}) =>
  openHypothesisStore({path, identity: as, resume, force})

/** A run that ends early unless it is `finished`. */
async function run(lines: readonly HypothesisLine[], {finished = false, ...modes}: Modes & {finished?: boolean} = {}) {
  const store = await open(modes)
  await store.begin(part)
  for (const line of lines) await store.add(line)
  if (finished) await store.finish(END)
  await store.close()
}

describe('while a run goes on', () => {
  test('its hypotheses stand in FILE.part, each on the disk before the next; afterwards under the name', async () => {
    const store = await open()
    expect(await readdir(folder)).toEqual(['run.hyps.jsonl.lock'])
    await store.begin(part)
    await store.add(heard('a', 1))
    const lines = (await readFile(`${path}.part`, 'utf8')).split('\n')
    expect(lines.map(line => line && JSON.parse(line).type)).toEqual(['header', 'part', 'hypothesis', ''])
    await store.finish(END)
    await store.close()
    expect(await readdir(folder)).toEqual(['run.hyps.jsonl'])
    expect(await readStore(path)).toMatchObject({whole: true, wallSeconds: 1, parts: [part]})
  })

  test('a second one is refused', async () => {
    const store = await open()
    await expect(open({force: true})).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`process ${process.pid}`),
      hint: expect.stringContaining('--hyps'),
    })
    await store.close()
    await (await open()).close()
    expect(await readdir(folder)).toEqual([])
  })
})

describe('--resume', () => {
  test('begins where there is nothing', async () => {
    const store = await open({resume: true})
    expect([...store.found]).toEqual([])
    await store.close()
  })

  test('goes on with what an interrupted run has found, and adds up the wall time', async () => {
    await run([heard('a', 1), failed('b', 1.5), heard('c', 4)])
    const store = await open({resume: true})
    expect([...store.found.keys()]).toEqual(['a', 'b', 'c'])
    expect(store).toMatchObject({wallSeconds: 4, parts: [part]})
    await store.begin({...part, provider: 'cuda'})
    await store.add(heard('b', 6))
    await store.finish(END)
    await store.close()
    const whole = await readStore(path)
    expect(whole).toMatchObject({wallSeconds: 6, parts: [part, {provider: 'cuda'}]})
    expect(whole?.found.get('b')).toMatchObject({status: 'ok', text: 'text of b'})
    expect(await readdir(folder)).toEqual(['run.hyps.jsonl'])
  })

  test.each([0, 1, 7, 30])('passes over a last line of which %i bytes were written', async bytes => {
    await run([heard('a', 1), heard('b', 2)])
    const {length} = await readFile(`${path}.part`)
    await appendFile(`${path}.part`, JSON.stringify(heard('c', 3)).slice(0, bytes))
    await run([heard('c', 5, 'again')], {resume: true, finished: true})
    const content = await readFile(path, 'utf8')
    expect(Buffer.byteLength(content)).toBeGreaterThan(length)
    expect([...((await readStore(path))?.found.values() ?? [])].map(line => line.status === 'ok' && line.text)).toEqual(
      ['text of a', 'text of b', 'again'],
    )
  })

  test('takes a file cut off in its first line for none', async () => {
    await run([])
    await truncate(`${path}.part`, 20)
    await run([heard('a', 1)], {resume: true, finished: true})
    expect((await readStore(path))?.found.size).toBe(1)
  })

  test('of a run that has finished has nothing left to do, and leaves the file as it is', async () => {
    await run([heard('a', 1)], {finished: true})
    const before = await readFile(path, 'utf8')
    const store = await open({resume: true})
    expect(store.found.size).toBe(1)
    await store.finish(END)
    await store.close()
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  test('tries again what failed in a run that has finished', async () => {
    await run([heard('a', 1), failed('b', 2)], {finished: true})
    await run([heard('b', 3)], {resume: true, finished: true})
    expect((await readStore(path))?.found.get('b')?.status).toBe('ok')
    expect((await readStore(path))?.found.get('a')?.status).toBe('ok')
  })

  test.each<[string, HypothesisIdentity, string]>([
    ['model', {...identity, model: {...identity.model, hash: 'other'}}, 'model:'],
    ['option', {...identity, options: {...identity.options, beamSize: 5}}, 'beamSize: null before, 5 now'],
    ['data set', {...identity, dataset: {...identity.dataset, hash: 'x'}}, 'data set: "def" before, "x" now'],
    ['sample', {...identity, dataset: {...identity.dataset, subset: {utterances: 1, seed: 1, of: 2}}}, 'subset: null'],
    ['version', {...identity, version: '2.0.0'}, 'lingulu version: "1.0.0" before, "2.0.0" now'],
  ])('is refused with another %s, and says what differs', async (_, other, said) => {
    await run([heard('a', 1)])
    await expect(open({resume: true, as: other})).rejects.toMatchObject({
      code: 'JOURNAL_INVALID',
      message: expect.stringContaining(said),
    })
    // The lock is gone.
    await (await open({resume: true})).close()
  })

  test('takes the same data set under another name for the same', async () => {
    await run([heard('a', 1)])
    const store = await open({resume: true, as: {...identity, dataset: {...identity.dataset, name: 'moved'}}})
    expect(store.found.size).toBe(1)
    await store.close()
  })

  test('says which line is damaged', async () => {
    await run([heard('a', 1)])
    await appendFile(`${path}.part`, '{"type":"hypothesis","id":"b"}\n')
    await expect(open({resume: true})).rejects.toMatchObject({
      code: 'JOURNAL_INVALID',
      message: expect.stringMatching(/line 4 is damaged/),
      hint: expect.stringContaining('--force'),
    })
  })
})

describe('without --resume', () => {
  test('an interrupted run is not lost: --resume or --force', async () => {
    await run([heard('a', 1)])
    await expect(open()).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      hint: expect.stringMatching(/--resume.*--force/),
    })
    await run([heard('b', 1)], {force: true, finished: true})
    expect([...((await readStore(path))?.found.keys() ?? [])]).toEqual(['b'])
    expect(await readdir(folder)).toEqual(['run.hyps.jsonl'])
  })

  test('the hypotheses of the same run are replaced, once the new ones are whole', async () => {
    await run([heard('a', 1)], {finished: true})
    await run([heard('a', 2)])
    expect((await readStore(path))?.wallSeconds).toBe(1)
    await run([heard('a', 3)], {resume: true, finished: true})
    expect((await readStore(path))?.wallSeconds).toBe(3)
  })

  test.each([
    ['of another run', (file: string) => writeFile(file, 'mine\n')],
    ['of another model', () => run([], {as: {...identity, model: {...identity.model, hash: 'x'}}, finished: true})],
  ])('a file %s is an error', async (_, make) => {
    await make(path)
    const before = await readFile(path, 'utf8')
    await expect(open()).rejects.toMatchObject({code: 'OUTPUT_EXISTS', message: expect.stringContaining(path)})
    expect(await readFile(path, 'utf8')).toBe(before)
  })
})

test('in memory nothing is written, and nothing is found', async () => {
  const store = await openHypothesisStore({path: undefined, identity, resume: false, force: false})
  await store.begin(part)
  await store.add(heard('a', 1))
  await store.finish(END)
  await store.close()
  expect(store.found.size).toBe(0)
  expect(await readdir(folder)).toEqual([])
})

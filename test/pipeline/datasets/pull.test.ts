import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {execa} from 'execa'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import type {CatalogEntry} from '../../../src/pipeline/datasets/catalog.js'
import {MARKER, readMarker} from '../../../src/pipeline/datasets/dataset-folder.js'
import {
  type DatasetPullEvent,
  type PullDatasetOptions,
  pullDataset,
} from '../../../src/pipeline/datasets/pull-dataset.js'
import {readDataset} from '../../../src/pipeline/datasets/read-dataset.js'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {FakeHub} from '../models/fake-hub.js'
import {silentWav, tarGzOf, zipOf} from './make-archive.js'
import {IMPATIENT, PATH, tinyArchive, tinyEntry, urlOf} from './tiny-dataset.js'

let hub: FakeHub
let root: string
let count = 0
let home: string
let env: Record<string, string>
let archive: Buffer

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lingulu-datasets-'))
  archive = await tinyArchive()
})
afterAll(async () => await rm(root, {recursive: true, force: true}))
beforeEach(async () => {
  hub = new FakeHub()
  await hub.start()
  home = join(root, String(count++))
  env = {LINGULU_CACHE: home}
})
afterEach(async () => await hub.stop())

const folder = () => join(home, 'datasets/tiny')

async function pull(entry: CatalogEntry, options: PullDatasetOptions = {}): Promise<DatasetPullEvent[]> {
  const events: DatasetPullEvent[] = []
  for await (const event of pullDataset(entry.name, {env, policy: IMPATIENT, catalog: [entry], ...options}))
    events.push(event)
  return events
}

async function failure(promise: Promise<unknown>): Promise<LinguluError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof LinguluError)) throw new Error(`expected a LinguluError, got ${String(error)}`)
  return error
}

/** Where a download went on. */
const beginOf = (range: string | undefined): number => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)

const types = (events: readonly DatasetPullEvent[]) => events.map(({type}) => type)
/** What is in the cache: the data set, or what is left of a try. */
const remains = async () => (await readdir(join(home, 'datasets')).catch(() => [])).sort()

describe('a pull', () => {
  test('brings the data set unpacked, with a manifest that reads as the data set does, and says where it came from', async () => {
    const entry = tinyEntry(hub, archive)
    const events = await pull(entry)
    expect(await remains()).toEqual(['tiny'])
    const whole = await readDataset(join(folder(), 'LibriSpeech/tiny'))
    const listed = await readDataset(join(folder(), 'manifest.jsonl'))
    expect(listed.problems).toEqual([])
    expect(listed.hash).toBe(whole.hash)
    expect(listed.utterances.map(({id, text, speaker, audio}) => ({id, text, speaker, audio}))).toEqual(
      whole.utterances.map(({id, text, speaker, audio}) => ({id, text, speaker, audio})),
    )
    expect(listed.utterances[0]?.text).toBe('A QUIET MORNING')
    expect(events.at(-1)).toMatchObject({type: 'done', name: 'tiny', folder: folder(), wasHere: false})
    expect(await readMarker(folder())).toMatchObject({
      name: 'tiny',
      licence: 'CC0-1.0',
      attribution: 'Nobody',
      files: [{path: PATH, url: urlOf(hub), bytes: archive.length, sha256: entry.files[0]?.sha256, checked: true}],
      contents: {files: 7},
      manifests: {all: 'manifest.jsonl'},
    })
  })

  test('tells what it is going to do, and how far it is', async () => {
    const events = await pull(tinyEntry(hub, archive))
    const received = events.flatMap(event => (event.type === 'progress' ? [event.receivedBytes] : []))
    expect(received.at(-1)).toBe(archive.length)
    expect(new Set(types(events))).toEqual(
      new Set(['plan', 'progress', 'fetched', 'unpacking', 'extract', 'manifest', 'done']),
    )
  })

  test('a second time fetches nothing', async () => {
    const entry = tinyEntry(hub, archive)
    await pull(entry)
    hub.requests.length = 0
    const before = await stat(join(folder(), MARKER))
    expect(await pull(entry)).toMatchObject([{type: 'done', wasHere: true}])
    expect(hub.requests).toEqual([])
    expect((await stat(join(folder(), MARKER))).mtimeMs).toBe(before.mtimeMs)
  })

  test('into a folder of the user’s leaves the cache alone', async () => {
    const to = join(home, 'mine/data')
    await pull(tinyEntry(hub, archive), {to})
    expect(existsSync(join(to, 'manifest.jsonl'))).toBe(true)
    expect(await remains()).toEqual([])
    expect(await pull(tinyEntry(hub, archive), {to})).toMatchObject([{type: 'done', wasHere: true}])
  })

  test('into an empty folder is fine; into one with something in it is refused, and nothing is fetched', async () => {
    const to = join(home, 'mine')
    await mkdir(to, {recursive: true})
    await writeFile(join(to, 'thesis.txt'), 'precious')
    const error = await failure(pull(tinyEntry(hub, archive), {to}))
    expect(error).toMatchObject({code: 'OUTPUT_EXISTS'})
    expect(hub.requests).toEqual([])
    expect(await readFile(join(to, 'thesis.txt'), 'utf8')).toBe('precious')
    await rm(join(to, 'thesis.txt'))
    await pull(tinyEntry(hub, archive), {to})
    expect((await readMarker(to))?.name).toBe('tiny')
  })

  test('of two files of the same name keeps them apart', async () => {
    const file = (name: string, path: string) => ({
      ...{path, urls: [urlOf(hub, name)], archive: null},
      ...{bytes: null, sha256: null, md5: null},
    })
    const files = [file('dev.txt', 'dev/list.txt'), file('test.txt', 'test/list.txt')]
    const entry = {...tinyEntry(hub, archive), files, parts: []}
    hub.add('some/data', {'dev.txt': Buffer.from('one'), 'test.txt': Buffer.from('two')})
    await pull(entry)
    expect(await readFile(join(folder(), 'dev/list.txt'), 'utf8')).toBe('one')
    expect(await readFile(join(folder(), 'test/list.txt'), 'utf8')).toBe('two')
  })

  test('of several files puts each in its place; without a part there is no manifest', async () => {
    const wav = silentWav(100)
    const notes = zipOf([{name: 'words/a.xml', content: '<w/>'}])
    hub.add('some/data', {'a.wav': wav, 'notes.zip': notes})
    const one = {bytes: null, sha256: null, md5: null}
    const files = [
      {...one, path: 'audio/a.wav', urls: [urlOf(hub, 'a.wav')], archive: null},
      {...one, path: 'annotations/notes.zip', urls: [urlOf(hub, 'notes.zip')], archive: 'zip' as const},
    ]
    const entry = {...tinyEntry(hub, archive), files, parts: []}
    hub.add('some/data', {'a.wav': wav, 'notes.zip': notes})
    await pull(entry)
    expect((await readFile(join(folder(), 'audio/a.wav'))).equals(wav)).toBe(true)
    expect(await readFile(join(folder(), 'annotations/words/a.xml'), 'utf8')).toBe('<w/>')
    expect(await readMarker(folder())).toMatchObject({
      manifests: {},
      files: [{checked: false, sha256: createHash('sha256').update(wav).digest('hex')}, {checked: false}],
    })
  })

  test('of a name that is unknown, or may not be fetched, says so', async () => {
    const entry = tinyEntry(hub, archive)
    const unknown = await failure(pull({...entry, name: 'tiny'}, {catalog: [{...entry, name: 'tidy', aliases: []}]}))
    expect(unknown).toMatchObject({code: 'USAGE', hint: 'Did you mean tidy?'})
    const manual = await failure(pull({...entry, files: [], parts: [], manual: 'Accept the terms first.'}))
    expect(manual).toMatchObject({code: 'USAGE', message: 'tiny: Accept the terms first.'})
  })

  test.each([
    ['--offline', {offline: true}, {}],
    ['HF_HUB_OFFLINE', {}, {HF_HUB_OFFLINE: '1'}],
  ])('with %s asks nobody, and finds what is here', async (_, options, variables) => {
    const entry = tinyEntry(hub, archive)
    const offline = {...options, env: {...env, ...variables}}
    expect(await failure(pull(entry, offline))).toMatchObject({code: 'OFFLINE'})
    expect(hub.requests).toEqual([])
    await pull(entry)
    expect(await pull(entry, offline)).toMatchObject([{type: 'done', wasHere: true}])
  })
})

describe('a download', () => {
  test('that is cut goes on at the very byte', async () => {
    const entry = tinyEntry(hub, archive)
    hub.fail(PATH, {type: 'cut', afterBytes: 100_000}, {type: 'cut', afterBytes: 50_000})
    await pull(entry)
    const [first, second, third] = hub.rangesOf(PATH)
    expect(first).toBeUndefined()
    // A client may lose what it had not yet read when the connection broke.
    expect(beginOf(second)).toBeGreaterThan(0)
    expect(beginOf(second)).toBeLessThanOrEqual(100_000)
    expect(beginOf(third)).toBeGreaterThanOrEqual(beginOf(second))
  })

  test('of a server that ignores ranges begins anew, and is right', async () => {
    hub.fail(PATH, {type: 'cut', afterBytes: 100_000}, {type: 'ignore-range'})
    await pull(tinyEntry(hub, archive))
    expect(await remains()).toEqual(['tiny'])
  })

  test('goes on in a later call, also where no checksum is published and the server says that the file is the same', async () => {
    const unpublished = {file: {bytes: null, sha256: null}}
    const cut = {type: 'cut', afterBytes: 20_000} as const
    hub.fail(PATH, cut, {type: 'status', status: 400})
    await failure(pull(tinyEntry(hub, archive, unpublished)))
    await pull(tinyEntry(hub, archive, unpublished))
    expect(beginOf(hub.rangesOf(PATH).at(-1))).toBeGreaterThan(0)
    expect(hub.requests.at(-1)?.ifRange).toMatch(/^"[0-9a-f]{64}"$/)
    expect(await readMarker(folder())).toMatchObject({files: [{checked: false, bytes: archive.length}]})
  })

  test('begins anew in a later call where the file without a checksum has changed', async () => {
    const unpublished = {file: {bytes: null, sha256: null}}
    hub.fail(PATH, {type: 'cut', afterBytes: 20_000}, {type: 'status', status: 400})
    await failure(pull(tinyEntry(hub, archive, unpublished)))
    const changed = await tarGzOf([
      {name: 'LibriSpeech/tiny/1/1/1-1.trans.txt', content: '1-1-0 NEW\n'},
      {name: 'LibriSpeech/tiny/1/1/1-1-0.flac', content: silentWav(10)},
    ])
    await pull(tinyEntry(hub, changed, unpublished))
    expect((await readDataset(join(folder(), 'manifest.jsonl'))).utterances.map(({text}) => text)).toEqual(['NEW'])
  })

  test('with a wrong checksum is fetched once more, then thrown away', async () => {
    const damaged = Buffer.from(archive)
    damaged.writeUInt8(damaged.readUInt8(1000) ^ 1, 1000)
    hub.fail(PATH, {type: 'instead', bytes: damaged})
    expect(types(await pull(tinyEntry(hub, archive)))).toContain('retry')
    await rm(folder(), {recursive: true})
    hub.fail(PATH, {type: 'instead', bytes: damaged}, {type: 'instead', bytes: damaged})
    const error = await failure(pull(tinyEntry(hub, archive)))
    expect(error.message).toContain('SHA-256')
    expect(existsSync(folder())).toBe(false)
    expect(await readdir(`${folder()}.download`)).toEqual([])
  })

  test('is checked by its MD5 where that is all there is', async () => {
    const md5 = createHash('md5').update(archive).digest('hex')
    await pull(tinyEntry(hub, archive, {file: {sha256: null, md5}}))
    await rm(folder(), {recursive: true})
    const error = await failure(pull(tinyEntry(hub, archive, {file: {sha256: null, md5: 'f'.repeat(32)}})))
    expect(error.message).toContain(`its MD5 is ${md5}`)
  })

  test('that the disk has no room for is not begun', async () => {
    const error = await failure(pull(tinyEntry(hub, archive, {file: {bytes: 1e15}})))
    expect(error.message).toMatch(/has .* MB free, .* MB are needed/)
    expect(hub.requests).toEqual([])
  })

  test('of another size than published is refused before it is fetched', async () => {
    const error = await failure(pull(tinyEntry(hub, archive, {file: {bytes: archive.length + 1}})))
    expect(error.message).toContain('wrong length')
    expect(existsSync(folder())).toBe(false)
  })

  test.each([
    ['404', {type: 'status', status: 404}, 'answered 404'],
    ['a redirect to a file', {type: 'redirect', to: 'file:///etc/passwd'}, 'no usable address'],
    ['a login page', {type: 'instead', bytes: Buffer.from('<html>')}, 'wrong length'],
  ] as const)('that ends with %s says so', async (_, fault, text) => {
    hub.fail(PATH, fault)
    const error = await failure(pull(tinyEntry(hub, archive)))
    expect(error.message).toContain(text)
    expect(await remains()).not.toContain('tiny')
  })

  test('obeys 429, and follows redirects with the range', async () => {
    hub.fail(
      PATH,
      {type: 'status', status: 429, headers: {'retry-after': '1'}},
      {type: 'cut', afterBytes: 9000},
      {type: 'redirect', to: urlOf(hub, PATH, hub.cdn)},
    )
    const events = await pull(tinyEntry(hub, archive))
    expect(events.find(event => event.type === 'retry')).toMatchObject({delaySeconds: 1})
    expect(beginOf(hub.cdnRequests[0]?.range)).toBeGreaterThan(0)
  })

  test('goes on from a mirror with what the first address gave', async () => {
    const entry = tinyEntry(hub, archive, {file: {urls: [urlOf(hub), urlOf(hub, PATH, hub.cdn)]}})
    hub.fail(PATH, {type: 'cut', afterBytes: 70_000}, {type: 'status', status: 404})
    const events = await pull(entry)
    expect(events.find(event => event.type === 'mirror')).toMatchObject({path: PATH})
    expect(beginOf(hub.cdnRequests[0]?.range)).toBeGreaterThan(0)
    expect((await readMarker(folder()))?.files[0]?.url).toBe(urlOf(hub, PATH, hub.cdn))
  })

  test('that is interrupted keeps what it has, and goes on later', async () => {
    const controller = new AbortController()
    hub.fail(PATH, {type: 'stall', afterBytes: 120_000})
    const entry = tinyEntry(hub, archive)
    const pulling = pull(entry, {signal: controller.signal})
    const partial = async () =>
      (await readdir(`${folder()}.download`).catch(() => [])).find(name => name.endsWith('.partial'))
    while (hub.requests.length === 0 || (await partial()) === undefined) await new Promise(done => setTimeout(done, 10))
    await new Promise(done => setTimeout(done, 100))
    controller.abort()
    expect(await failure(pulling)).toMatchObject({code: 'INTERRUPTED'})
    expect(await remains()).toEqual(['tiny.download'])
    await pull(entry)
    expect(beginOf(hub.rangesOf(PATH).at(-1))).toBeGreaterThan(0)
  })
})

describe('an archive', () => {
  test('that reaches outside is refused and thrown away: nothing of it is left', async () => {
    const evil = await tarGzOf([
      {name: 'LibriSpeech/tiny/ok', content: 'x'},
      {name: '../../../evil', content: 'evil'},
    ])
    const error = await failure(pull(tinyEntry(hub, evil)))
    expect(error.message).toContain('reaches outside')
    expect(await remains()).toEqual(['tiny.download'])
    expect(await readdir(`${folder()}.download`)).toEqual([])
    expect(existsSync(join(root, 'evil'))).toBe(false)
  })

  test('that is a bomb is refused', async () => {
    const bomb = await tarGzOf([{name: 'LibriSpeech/tiny/zeros', content: Buffer.alloc(40_000_000)}])
    expect(bomb.length).toBeLessThan(100_000)
    expect((await failure(pull(tinyEntry(hub, bomb)))).message).toContain('unpacks to more than')
    expect(await remains()).toEqual(['tiny.download'])
  })

  test('without the folder of the data set is refused', async () => {
    const error = await failure(pull(tinyEntry(hub, await tinyArchive('LibriSpeech/other'))))
    expect(error.message).toContain('has no folder LibriSpeech/tiny')
    expect(existsSync(folder())).toBe(false)
  })

  test('with another number of utterances is taken, and that is told', async () => {
    const parts = [{name: 'all', root: 'LibriSpeech/tiny', layout: 'librispeech' as const, hours: null, utterances: 5}]
    const events = await pull(tinyEntry(hub, archive, {parts}))
    expect(events.find(event => event.type === 'note')).toMatchObject({
      message: 'tiny: 3 utterances were found, the catalogue says 5.',
    })
  })
})

test('of two at once, one fetches and the other waits', async () => {
  const entry = tinyEntry(hub, archive)
  const [one, other] = await Promise.all([pull(entry), pull(entry)])
  expect([...types(one), ...types(other)].filter(type => type === 'waiting')).toHaveLength(1)
  expect(hub.rangesOf(PATH)).toEqual([undefined])
})

test('killed in the middle, it goes on with what it had', async () => {
  const entry = tinyEntry(hub, archive)
  const catalogue = join(home, 'catalog.json')
  await mkdir(home, {recursive: true})
  await writeFile(catalogue, JSON.stringify({datasets: [entry]}))
  hub.fail(PATH, {type: 'slow', pauseMs: 20, chunkBytes: 5000})
  const script = fileURLToPath(new URL('../../fixtures/datasets/pull-tiny.ts', import.meta.url))
  const killed = execa('node', ['--import', 'tsx', script], {
    env: {...env, LINGULU_DATASETS: catalogue},
    reject: false,
  })
  const size = async () => {
    const name = (await readdir(`${folder()}.download`).catch(() => [])).find(name => name.endsWith('.partial'))
    return name === undefined ? 0 : ((await stat(join(`${folder()}.download`, name)).catch(() => undefined))?.size ?? 0)
  }
  while ((await size()) < 30_000) await new Promise(done => setTimeout(done, 20))
  killed.kill('SIGKILL')
  await killed
  const there = await size()
  expect(there).toBeLessThan(archive.length)
  expect(existsSync(folder())).toBe(false)
  await mkdir(`${folder()}.unpacking/half`, {recursive: true}) // as if it had been killed while unpacking
  const events = await pull(entry)
  expect(types(events)).not.toContain('waiting') // for the lock of who was killed
  expect(hub.rangesOf(PATH).at(-1)).toBe(`bytes=${there}-`)
  expect(await remains()).toEqual(['tiny'])
  expect(existsSync(join(folder(), 'half'))).toBe(false)
})

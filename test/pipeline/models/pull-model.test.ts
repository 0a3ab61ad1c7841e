import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import {type AddressInfo, connect, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import type {DownloadPolicy} from '../../../src/pipeline/download/download-policy.js'
import {excepts} from '../../../src/pipeline/download/proxy.js'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {type PullEvent, type PullOptions, pullModel} from '../../../src/pipeline/models/pull-model.js'
import {readModelFolder} from '../../../src/pipeline/models/read-model-folder.js'
import {FakeHub, sha256} from './fake-hub.js'
import {onnxBytes, type SyntheticFiles, WAV2VEC2, WHISPER} from './synthetic-model.js'

const POLICY: DownloadPolicy = {
  attempts: 3,
  attemptsToReach: 2,
  baseDelaySeconds: 0.01,
  maximumDelaySeconds: 0.02,
  maximumRetryAfterSeconds: 2,
  stallSeconds: 10,
  maximumRedirects: 4,
}
const ID = 'someone/tiny'
const COMMIT = 'a'.repeat(40)
const ENCODER = 'onnx/encoder_model.onnx'
const SIZE = 300_000

let hub: FakeHub
let root: string
let count = 0
let cache: string
let env: Record<string, string>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lingulu-pull-'))
})
afterAll(async () => await rm(root, {recursive: true, force: true}))
beforeEach(async () => {
  hub = new FakeHub()
  await hub.start()
  cache = join(root, `cache-${count++}`)
  env = {LINGULU_CACHE: cache, HF_ENDPOINT: hub.endpoint}
  hub.add(ID, whisperFiles())
})
afterEach(async () => await hub.stop())

function buffers(files: SyntheticFiles): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path,
      Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content)),
    ]),
  )
}

function whisperFiles(more: Record<string, Buffer> = {}): Record<string, Buffer> {
  return {
    ...buffers(WHISPER),
    [ENCODER]: onnxBytes({bytes: SIZE, seed: 'e'}),
    'README.md': Buffer.from('hello'),
    ...more,
  }
}

async function pull(id = ID, options: PullOptions = {}): Promise<PullEvent[]> {
  const events: PullEvent[] = []
  for await (const event of pullModel(id, {env, policy: POLICY, ...options})) events.push(event)
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

function snapshot(id = ID, commit = COMMIT): string {
  return join(cache, 'hub', `models--${id.replace('/', '--')}`, 'snapshots', commit)
}

async function fetchedPaths(folder = snapshot()): Promise<string[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true})
  return entries
    .filter(entry => entry.isFile())
    .map(({parentPath, name}) => join(parentPath, name).slice(folder.length + 1))
    .sort()
}

const retries = (events: readonly PullEvent[]) => events.filter(event => event.type === 'retry')

describe('a pull', () => {
  test('brings the files that are needed, whole and in place, and the folder opens', async () => {
    const events = await pull()
    expect(await fetchedPaths()).toEqual([
      'config.json',
      'generation_config.json',
      'onnx/decoder_model_merged.onnx',
      ENCODER,
      'preprocessor_config.json',
      'tokenizer.json',
    ])
    expect(events.at(-1)).toEqual({type: 'done', id: ID, commit: COMMIT, folder: snapshot()})
    const folder = await readModelFolder(snapshot(), {env})
    expect(folder.kind).toBe('whisper')
    expect(await readFile(join(cache, 'hub/models--someone--tiny/refs/main'), 'utf8')).toBe(COMMIT)
    expect(retries(events)).toEqual([])
    expect(existsSync(join(cache, 'hub/models--someone--tiny/.lock'))).toBe(false)
  })

  test('tells what it is going to do, and how far it is', async () => {
    const events = await pull()
    const plan = events.find(event => event.type === 'plan')
    expect(plan?.missingBytes).toBe(plan?.files.reduce((sum, {bytes}) => sum + bytes, 0))
    const ofEncoder = events.flatMap(event =>
      event.type === 'progress' && event.path === ENCODER ? [event.receivedBytes] : [],
    )
    expect(ofEncoder[0]).toBe(0)
    expect(ofEncoder.at(-1)).toBe(whisperFiles()[ENCODER]?.length)
    expect(ofEncoder).toEqual(ofEncoder.toSorted((a, b) => a - b))
  })

  test('a second time fetches nothing but the listing', async () => {
    await pull()
    hub.requests.length = 0
    const events = await pull()
    expect(hub.requests.map(({path}) => path)).toEqual([`/api/models/${ID}/revision/main`])
    expect(events.find(event => event.type === 'plan')?.missing).toEqual([])
  })

  test('of a second precision adds only its files', async () => {
    hub.add(
      ID,
      whisperFiles({'onnx/encoder_model_q4.onnx': onnxBytes(), 'onnx/decoder_model_merged_q4.onnx': onnxBytes()}),
    )
    await pull()
    const events = await pull(ID, {precision: 'q4'})
    expect(events.flatMap(event => (event.type === 'fetched' ? [event.path] : []))).toEqual([
      'onnx/encoder_model_q4.onnx',
      'onnx/decoder_model_merged_q4.onnx',
    ])
  })

  test('of a new commit takes unchanged files from the old one', async () => {
    await pull()
    const commit = 'b'.repeat(40)
    hub.add(ID, whisperFiles({'tokenizer.json': Buffer.from('{"new": 1}')}), {commit})
    const events = await pull()
    expect(events.flatMap(event => (event.type === 'fetched' ? [event.path] : []))).toEqual(['tokenizer.json'])
    expect((await fetchedPaths(snapshot(ID, commit))).length).toBe(6)
    expect(await readFile(join(cache, 'hub/models--someone--tiny/refs/main'), 'utf8')).toBe(commit)
  })

  test('fetches external data, before the ONNX file that needs it', async () => {
    hub.add(
      ID,
      whisperFiles({
        [ENCODER]: onnxBytes({location: 'encoder_model.onnx_data'}),
        [`${ENCODER}_data`]: Buffer.alloc(2000),
        [`${ENCODER}_data_1`]: Buffer.alloc(5),
      }),
    )
    const fetched = (await pull()).flatMap(event => (event.type === 'fetched' ? [event.path] : []))
    expect(fetched.slice(0, 3)).toEqual([`${ENCODER}_data`, `${ENCODER}_data_1`, ENCODER])
    expect(fetched.at(-1)).toBe('config.json')
  })

  test('of a CTC model brings its vocabulary', async () => {
    hub.add('someone/ctc', buffers(WAV2VEC2))
    await pull('someone/ctc')
    expect((await readModelFolder(snapshot('someone/ctc'), {env})).kind).toBe('ctc')
  })

  test('of weights brings safetensors instead of ONNX', async () => {
    hub.add(
      ID,
      whisperFiles({
        'model.safetensors': Buffer.from('w'),
        'model.fp32-00001-of-00002.safetensors': Buffer.from('no'),
        'pytorch_model.bin': Buffer.from('no'),
      }),
    )
    await pull(ID, {content: 'weights'})
    expect(await fetchedPaths()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'preprocessor_config.json',
      'tokenizer.json',
    ])
  })

  test('of the makers’ repository takes the catalogue’s export, and says so', async () => {
    hub.add('openai/whisper-tiny.en', {'config.json': Buffer.from('{}'), 'model.safetensors': Buffer.from('w')})
    hub.add('onnx-community/whisper-tiny.en_timestamped', whisperFiles())
    const events = await pull('openai/whisper-tiny.en')
    expect(events).toContainEqual({
      type: 'note',
      message:
        'openai/whisper-tiny.en has no ONNX files: taking their export from onnx-community/whisper-tiny.en_timestamped.',
    })
    expect(events.at(-1)).toMatchObject({type: 'done', id: 'onnx-community/whisper-tiny.en_timestamped'})
  })
})

describe('a connection that breaks', () => {
  test('in the middle of a file is gone on with at the very byte', async () => {
    hub.fail(ENCODER, {type: 'cut', afterBytes: 100_000}, {type: 'cut', afterBytes: 50_000})
    const events = await pull()
    const resumedAt = events.flatMap((event, index) =>
      event.type === 'progress' && events[index - 1]?.type === 'retry' ? [event.receivedBytes] : [],
    )
    expect(hub.rangesOf(ENCODER)).toEqual([undefined, ...resumedAt.map(bytes => `bytes=${bytes}-`)])
    expect(resumedAt[0]).toBeGreaterThan(0)
    expect(resumedAt[1]).toBeGreaterThan(resumedAt[0] as number)
    expect(hub.requests.filter(({path}) => path.endsWith(ENCODER))[1]?.ifRange).toBe(
      `"${sha256(whisperFiles()[ENCODER] as Buffer)}"`,
    )
    expect(retries(events).length).toBe(2)
    expect(await readFile(join(snapshot(), ENCODER))).toEqual(whisperFiles()[ENCODER])
  })

  test('again and again goes on as long as bytes arrive', async () => {
    hub.fail(ENCODER, ...Array.from({length: 8}, () => ({type: 'cut' as const, afterBytes: 30_000})))
    await pull()
    expect(hub.rangesOf(ENCODER).length).toBe(9)
  })

  test('for good leaves what there is, and the next pull goes on', async () => {
    hub.fail(
      ENCODER,
      {type: 'cut', afterBytes: 100_000},
      ...Array.from({length: 2}, () => ({type: 'status' as const, status: 503})),
    )
    const error = await failure(pull())
    expect(error.code).toBe('MODEL_DOWNLOAD')
    expect(error.message).toContain('503')
    expect(existsSync(join(snapshot(), ENCODER))).toBe(false)
    hub.requests.length = 0
    await pull()
    expect(hub.rangesOf(ENCODER)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)])
  })

  test('is begun anew by a server without ranges', async () => {
    hub.fail(ENCODER, {type: 'cut', afterBytes: 100_000}, {type: 'ignore-range'})
    await pull()
    expect(await readFile(join(snapshot(), ENCODER))).toEqual(whisperFiles()[ENCODER])
  })

  test('that stalls is dropped and gone on with', async () => {
    hub.fail(ENCODER, {type: 'stall', afterBytes: 1000})
    hub.fail('tokenizer.json', {type: 'stall-before-headers'})
    const events = await pull(ID, {policy: {...POLICY, stallSeconds: 0.4}})
    expect(retries(events).map(({reason}) => reason)).toEqual([
      'nothing arrived for 0.4 s',
      'nothing arrived for 0.4 s',
    ])
  })

  test('in the listing is tried again', async () => {
    hub.fail('revision/main', {type: 'cut', afterBytes: 20})
    expect(retries(await pull()).length).toBe(1)
  })

  test('that is only slow is not dropped', async () => {
    hub.fail(ENCODER, {type: 'slow', pauseMs: 30, chunkBytes: 20_000})
    expect(retries(await pull())).toEqual([])
  })

  test('never made is OFFLINE', async () => {
    await hub.stop()
    const error = await failure(pull())
    expect(error.code).toBe('OFFLINE')
    expect(error.message).toContain('ECONNREFUSED')
    await hub.start()
  })
})

describe('a server that answers wrongly', () => {
  test.each([503, 500, 502, 504, 408])('%i is tried again', async status => {
    hub.fail(ENCODER, {type: 'status', status}, {type: 'status', status})
    expect(retries(await pull()).length).toBe(2)
  })

  test('429 is obeyed: the pause is the one asked for', async () => {
    hub.fail(ENCODER, {type: 'status', status: 429, headers: {'retry-after': '1'}})
    const started = performance.now()
    const [retry] = retries(await pull())
    expect(retry?.delaySeconds).toBe(1)
    expect(performance.now() - started).toBeGreaterThanOrEqual(990)
  })

  test('429 with a date is obeyed', async () => {
    const inTwoSeconds = new Date(Date.now() + 2000).toUTCString()
    hub.fail('revision/main', {type: 'status', status: 429, headers: {'retry-after': inTwoSeconds}})
    const [retry] = retries(await pull())
    expect(retry?.delaySeconds).toBeGreaterThan(0)
    expect(retry?.delaySeconds).toBeLessThanOrEqual(2)
  })

  test('429 that asks for an hour is an error at once', async () => {
    hub.fail(ENCODER, {type: 'status', status: 429, headers: {'retry-after': '3600'}})
    const error = await failure(pull())
    expect(error).toMatchObject({code: 'MODEL_DOWNLOAD'})
    expect(error.message).toContain('3600 s')
  })

  test.each([
    [{'x-error-code': 'GatedRepo'}, 403, undefined, /gated: accept its terms/],
    [{}, 401, undefined, /set HF_TOKEN/],
    [{}, 403, undefined, /set HF_TOKEN/],
    [{}, 401, 'hf_wrong', /HF_TOKEN is wrong or has no access/],
  ])('%o %i with token %s says what to do', async (headers, status, token, hint) => {
    hub.fail('revision/main', {type: 'status', status, headers})
    const error = await failure(pull(ID, {env: {...env, ...(token ? {HF_TOKEN: token} : {})}}))
    expect(error.code).toBe('MODEL_DOWNLOAD')
    expect(error.message).toContain(String(status))
    expect(error.hint).toMatch(hint)
    expect(hub.requests.length).toBe(1)
  })

  test('404 for a file is an error, and is not tried again', async () => {
    hub.fail(ENCODER, {type: 'status', status: 404})
    const error = await failure(pull())
    expect(error.code).toBe('MODEL_MISSING')
    expect(error.message).toContain(ENCODER)
    expect(hub.rangesOf(ENCODER).length).toBe(1)
  })

  test('404 for a revision says that there is none', async () => {
    hub.fail('revision/v9', {type: 'status', status: 404, headers: {'x-error-code': 'RevisionNotFound'}})
    const error = await failure(pull(ID, {revision: 'v9'}))
    expect(error.message).toContain('no such revision')
  })

  test.each([
    ['shorter', SIZE - 5000],
    ['longer', SIZE + 5000],
  ])('a file %s than listed is refused', async (_, length) => {
    hub.fail(ENCODER, {type: 'instead', bytes: Buffer.alloc(length)})
    const error = await failure(pull())
    expect(error.code).toBe('MODEL_DOWNLOAD')
    expect(error.message).toContain('wrong length')
    expect(existsSync(join(snapshot(), ENCODER))).toBe(false)
  })

  test('a file longer than listed and of undeclared length is refused as well', async () => {
    hub.fail(ENCODER, {
      type: 'instead',
      bytes: Buffer.alloc(SIZE * 2),
      headers: {'transfer-encoding': 'chunked'},
    })
    const error = await failure(pull())
    expect(error.message).toContain('wrong length')
  })

  test('a file of the right length and wrong bytes is fetched once more', async () => {
    const wrong = onnxBytes({bytes: SIZE, seed: 'X'})
    hub.fail(ENCODER, {type: 'instead', bytes: wrong})
    const events = await pull()
    expect(retries(events)[0]?.reason).toContain(`SHA-256 is ${sha256(wrong)}`)
    expect(await readFile(join(snapshot(), ENCODER))).toEqual(whisperFiles()[ENCODER])
  })

  test.each([
    ['large', ENCODER, onnxBytes({bytes: SIZE, seed: 'X'})],
    ['small', 'tokenizer.json', Buffer.from('{"model":{"vocab":[]}}')],
  ])('a %s file that stays wrong is thrown away', async (_, path, wrong) => {
    hub.fail(path, {type: 'instead', bytes: wrong}, {type: 'instead', bytes: wrong})
    const error = await failure(pull())
    expect(error.code).toBe('MODEL_DOWNLOAD')
    expect(error.message).toContain('is damaged')
    expect((await fetchedPaths()).filter(name => name.startsWith(path))).toEqual([])
  })

  test('a listing without sizes is refused: nothing could be checked', async () => {
    const bytes = Buffer.from(JSON.stringify({sha: COMMIT, siblings: [{rfilename: 'config.json'}]}))
    hub.fail('revision/main', {type: 'instead', bytes})
    expect((await failure(pull())).message).toContain('sizes are needed')
  })

  test('a page instead of a listing is named as such', async () => {
    hub.fail('revision/main', {type: 'instead', bytes: Buffer.from('<html>Log in</html>')})
    expect((await failure(pull())).message).toContain('does not answer as a model hub does')
  })
})

describe('redirects', () => {
  test('to another host are followed, without the token', async () => {
    hub.redirectLarge = true
    await pull(ID, {env: {...env, HF_TOKEN: 'hf_secret'}})
    expect(hub.cdnRequests.length).toBe(1)
    expect(hub.cdnRequests[0]?.authorization).toBeUndefined()
    expect(hub.requests.every(({authorization}) => authorization === 'Bearer hf_secret')).toBe(true)
  })

  test('to another host keep the range when a download goes on', async () => {
    hub.redirectLarge = true
    hub.fail(
      ENCODER,
      {type: 'redirect', to: `${hub.cdn}/${ID}/resolve/${COMMIT}/${ENCODER}`},
      {type: 'cut', afterBytes: 100_000},
    )
    await pull()
    expect(hub.cdnRequests.map(({range}) => range !== undefined)).toEqual([false, true])
  })

  test('on the same host keep the token', async () => {
    hub.fail('tokenizer.json', {type: 'redirect', to: `/${ID}/resolve/${COMMIT}/tokenizer.json`, status: 307})
    await pull(ID, {env: {...env, HF_TOKEN: 'hf_secret'}})
    const asked = hub.requests.filter(({path}) => path.endsWith('tokenizer.json'))
    expect(asked.map(({authorization}) => authorization)).toEqual(['Bearer hf_secret', 'Bearer hf_secret'])
  })

  test('back to the hub’s host from elsewhere carry the token again, and never in between', async () => {
    hub.fail('tokenizer.json', {type: 'redirect', to: `${hub.cdn}/${ID}/resolve/${COMMIT}/tokenizer.json`})
    await pull(ID, {env: {...env, HF_TOKEN: 'hf_secret'}})
    expect(hub.cdnRequests.map(({authorization}) => authorization)).toEqual([undefined])
  })

  test('in a ring end', async () => {
    const here = `${hub.endpoint}/${ID}/resolve/${COMMIT}/tokenizer.json`
    hub.fail('tokenizer.json', ...Array.from({length: 20}, () => ({type: 'redirect' as const, to: here})))
    expect((await failure(pull())).message).toContain('more than 4 redirects')
  })

  test.each(['', 'file:///etc/passwd', 'javascript:alert(1)', 'http://['])('to %j are refused', async to => {
    hub.fail('tokenizer.json', {type: 'redirect', to})
    expect((await failure(pull())).message).toContain('redirects to no usable address')
  })
})

describe('nothing but data is fetched, and only into the model folder', () => {
  const HOSTILE = [
    '../evil.json',
    '../../evil.onnx',
    'onnx/../../../evil.onnx',
    '/etc/evil.json',
    'onnx\\..\\evil.onnx',
    'C:\\evil.json',
    'c:evil.json',
    'onnx/encoder_model.onnx_data/../../evil.json',
    'onnx/encoder_model.onnx_data\u0000.json',
    'onnx/encoder_model.onnx_data/x.json',
    'con.json',
    './config.json',
    'onnx//decoder_model_merged.onnx',
  ]
  const CODE = [
    'modeling.py',
    'pytorch_model.bin',
    'onnx/encoder_model.onnx.py',
    'run.sh',
    'model.pt',
    'onnx/encoder_model.onnx_data.so',
    'tokenizer.json.pkl',
    '.env',
  ]

  test('whatever the listing says', async () => {
    hub.add(ID, whisperFiles(), {extra: [...HOSTILE, ...CODE]})
    await pull()
    const asked = hub.requests.map(({path}) => path.replace(`/${ID}/resolve/${COMMIT}/`, ''))
    for (const path of [...HOSTILE, ...CODE]) expect(asked).not.toContain(path)
    expect(asked.length).toBe(7)
    expect((await readdir(root, {recursive: true})).filter(name => name.includes('evil'))).toEqual([])
  })

  test.each(['../..', 'a/../b', 'a/b/c', 'a', '/a/b', 'a/b?x=1', 'a/b#c', 'a\\b/c', 'a/b--c', '.a/b', ''])(
    'not for the id %j',
    async id => {
      expect((await failure(pull(id))).code).toBe('USAGE')
      expect(hub.requests).toEqual([])
    },
  )

  test('not through a link that leads out of the folder', async () => {
    const outside = join(root, `outside-${count}`)
    await mkdir(outside)
    await mkdir(snapshot(), {recursive: true})
    await symlink(outside, join(snapshot(), 'onnx'))
    const error = await failure(pull())
    expect(error.message).toContain('may not be written')
    expect(await readdir(outside)).toEqual([])
  })

  test('not with a commit that is no hash', async () => {
    hub.add(ID, whisperFiles(), {commit: '../../../../evil'})
    expect((await failure(pull())).message).toContain('does not answer as a model hub does')
  })
})

describe('the disk', () => {
  test('is asked for room before anything is fetched', async () => {
    const listing = {
      sha: COMMIT,
      siblings: [
        ...Object.keys(whisperFiles()).map(rfilename => ({rfilename, size: 10})),
        {rfilename: ENCODER, size: 2 ** 52},
      ],
    }
    hub.fail('revision/main', {type: 'instead', bytes: Buffer.from(JSON.stringify(listing))})
    const error = await failure(pull())
    expect(error.message).toMatch(/MB free, 4,503,\d{3},\d{3} MB are needed/)
    expect(hub.requests.length).toBe(1)
  })

  test.skipIf(!existsSync('/dev/full'))(
    'that fills up gives an error that says so (skipped without /dev/full)',
    async () => {
      await mkdir(join(snapshot(), 'onnx'), {recursive: true})
      await symlink(
        '/dev/full',
        join(snapshot(), `${ENCODER}.${sha256(whisperFiles()[ENCODER] as Buffer).slice(0, 16)}.partial`),
      )
      const error = await failure(pull())
      expect(error.message).toContain('No space is left')
      expect(error.hint).toContain('LINGULU_CACHE')
    },
  )
})

describe('a cache', () => {
  test('where nothing can be written is an error that says where', async () => {
    const file = join(root, 'in-the-way')
    await writeFile(file, '')
    const error = await failure(pull(ID, {env: {...env, LINGULU_CACHE: join(file, 'cache')}}))
    expect(error.code).toBe('MODEL_DOWNLOAD')
    expect(error.message).toContain(file)
    expect(error.hint).toContain('LINGULU_CACHE')
  })
})

describe('two pulls at once', () => {
  test('fetch every file once: the second waits for the first', async () => {
    hub.fail(ENCODER, {type: 'slow', pauseMs: 50, chunkBytes: 100_000})
    const [first, second] = await Promise.all([pull(), pull()])
    expect([...first, ...second].filter(({type}) => type === 'waiting').length).toBe(1)
    expect(hub.rangesOf(ENCODER).length).toBe(1)
    expect(first.at(-1)).toEqual(second.at(-1))
  })

  test('are not held up by the lock of a process that has died', async () => {
    const lock = join(cache, 'hub/models--someone--tiny/.lock')
    await mkdir(join(lock, '..'), {recursive: true})
    await writeFile(lock, 'dead')
    await utimes(lock, new Date(0), new Date(0))
    await pull()
    expect(existsSync(lock)).toBe(false)
  })
})

describe('an interrupted pull', () => {
  test('ends soon, keeps what it has, and frees the lock', async () => {
    hub.fail(ENCODER, {type: 'slow', pauseMs: 20, chunkBytes: 10_000})
    const controller = new AbortController()
    const running = (async () => {
      for await (const event of pullModel(ID, {env, policy: POLICY, signal: controller.signal}))
        if (event.type === 'progress' && event.receivedBytes > 0) controller.abort()
    })()
    expect((await failure(running)).code).toBe('INTERRUPTED')
    expect(existsSync(join(cache, 'hub/models--someone--tiny/.lock'))).toBe(false)
    expect((await fetchedPaths()).some(name => name.endsWith('.partial'))).toBe(true)
    hub.requests.length = 0
    await pull()
    expect(hub.rangesOf(ENCODER)[0]).toMatch(/^bytes=[1-9]/)
  })

  test('by leaving the loop frees the lock as well', async () => {
    for await (const event of pullModel(ID, {env, policy: POLICY})) if (event.type === 'plan') break
    expect(existsSync(join(cache, 'hub/models--someone--tiny/.lock'))).toBe(false)
  })

  test('during a pause between tries ends at once', async () => {
    hub.fail('revision/main', {type: 'status', status: 429, headers: {'retry-after': '2'}})
    const started = performance.now()
    const error = await failure(pull(ID, {signal: AbortSignal.timeout(100)}))
    expect(error.code).toBe('INTERRUPTED')
    expect(performance.now() - started).toBeLessThan(1500)
  })
})

describe('the environment', () => {
  test.each([[{offline: true}], [{env: {HF_HUB_OFFLINE: '1'}}]])('%o: the network is not touched', async options => {
    const error = await failure(pull(ID, {...options, env: {...env, ...('env' in options ? options.env : {})}}))
    expect(error.code).toBe('OFFLINE')
    expect(hub.requests).toEqual([])
  })

  test('HF_ENDPOINT may have a path of its own', async () => {
    const error = await failure(pull(ID, {env: {...env, HF_ENDPOINT: `${hub.endpoint}/mirror/hf/`}}))
    expect(error.code).toBe('MODEL_MISSING')
    expect(hub.requests[0]?.path).toBe(`/mirror/hf/api/models/${ID}/revision/main`)
  })

  test('HTTP_PROXY is gone through, unless NO_PROXY excepts the host', async () => {
    const tunnels: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket: Socket, head: Buffer) => {
      tunnels.push(request.url ?? '')
      const [host, port] = (request.url ?? '').split(':')
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        target.write(head)
        target.pipe(socket).pipe(target)
      })
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    const {port} = proxy.address() as AddressInfo
    const behind = {...env, HTTP_PROXY: `http://127.0.0.1:${port}`}
    await pull(ID, {env: behind})
    expect(tunnels).toContain(new URL(hub.endpoint).host)
    tunnels.length = 0
    await pull(ID, {env: {...behind, NO_PROXY: '127.0.0.1'}})
    expect(tunnels).toEqual([])
    proxy.close()
  })

  test.each([
    ['huggingface.co', 'https://huggingface.co/x', true],
    ['huggingface.co', 'https://cdn.huggingface.co/x', true],
    ['.huggingface.co', 'https://cdn.huggingface.co/x', true],
    ['*.huggingface.co', 'https://cdn.huggingface.co/x', true],
    ['HuggingFace.co', 'https://huggingface.co/x', true],
    ['face.co', 'https://huggingface.co/x', false],
    ['huggingface.co:443', 'https://huggingface.co/x', true],
    ['huggingface.co:8443', 'https://huggingface.co/x', false],
    ['*', 'http://anything/', true],
  ])('NO_PROXY=%s for %s: %s', (entry, url, expected) => expect(excepts(entry, new URL(url))).toBe(expected))

  test('HF_ENDPOINT must be an http address', async () => {
    expect((await failure(pull(ID, {env: {...env, HF_ENDPOINT: 'ftp://x'}}))).code).toBe('CONFIG_INVALID')
  })
})

import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {homedir, tmpdir} from 'node:os'
import {join, relative, resolve} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {cacheRoot, huggingFaceCache, modelCache} from '../../../src/pipeline/models/cache-root.js'
import {loadCatalogue} from '../../../src/pipeline/models/catalogue.js'
import {findSnapshot, isHubId, listSnapshots, removeRepository} from '../../../src/pipeline/models/hub-cache.js'
import {parseModelReference} from '../../../src/pipeline/models/model-reference.js'
import {packageFile} from '../../../src/pipeline/models/package-root.js'
import type {PullEvent} from '../../../src/pipeline/models/pull-model.js'
import {findModel, type ResolveOptions, resolveModel} from '../../../src/pipeline/models/resolve-model.js'
import {closestNames} from '../../../src/pipeline/text/closest-names.js'
import {FakeHub} from './fake-hub.js'
import {type SyntheticFiles, WHISPER, writeModel} from './synthetic-model.js'

const COMMIT = 'c'.repeat(40)
const POLICY = {
  attempts: 2,
  attemptsToReach: 2,
  baseDelaySeconds: 0.01,
  maximumDelaySeconds: 0.01,
  maximumRetryAfterSeconds: 1,
  stallSeconds: 5,
  maximumRedirects: 3,
}

let hub: FakeHub
let root: string
let count = 0
let home: string
let env: Record<string, string>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lingulu-resolve-'))
})
afterAll(async () => await rm(root, {recursive: true, force: true}))
beforeEach(async () => {
  hub = new FakeHub()
  await hub.start()
  home = join(root, String(count++))
  env = {LINGULU_CACHE: join(home, 'cache'), HF_HOME: join(home, 'hf'), HF_ENDPOINT: hub.endpoint}
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

async function failure(promise: Promise<unknown>): Promise<LinguluError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof LinguluError)) throw new Error(`expected a LinguluError, got ${String(error)}`)
  return error
}

const find = (reference: string | undefined, options: ResolveOptions = {}) =>
  resolveModel(reference, {env, policy: POLICY, ...options})

/** A snapshot as Python's tools leave it: links into blobs/. */
async function writeHuggingFaceCache(id: string, files: SyntheticFiles = WHISPER): Promise<string> {
  const repository = join(huggingFaceCache(env), `models--${id.replace('/', '--')}`)
  const snapshot = join(repository, 'snapshots', COMMIT)
  await mkdir(join(repository, 'refs'), {recursive: true})
  await writeFile(join(repository, 'refs/main'), COMMIT)
  await writeModel(
    join(repository, 'blobs'),
    Object.fromEntries(Object.entries(files).map(([path, content]) => [path.replace('/', '_'), content])),
  )
  for (const path of Object.keys(files)) {
    await mkdir(join(snapshot, path, '..'), {recursive: true})
    const link = join(snapshot, path)
    await symlink(relative(join(link, '..'), join(repository, 'blobs', path.replace('/', '_'))), link)
  }
  return snapshot
}

describe('a model is found', () => {
  test('as a folder, by any kind of path', async () => {
    const path = await writeModel(join(home, 'my-model'), WHISPER)
    for (const reference of [path, relative(process.cwd(), path)])
      expect(await find(reference)).toEqual({path, name: 'my-model', source: 'folder'})
    expect(hub.requests).toEqual([])
  })

  test('in Hugging Face’s cache, through its links, without the network', async () => {
    const path = await writeHuggingFaceCache('someone/tiny')
    const options = {offline: true}
    expect(await find('someone/tiny', options)).toEqual({path, name: 'someone/tiny', source: 'hugging-face-cache'})
    expect(await find(`someone/tiny@${COMMIT}`, options)).toMatchObject({path, name: `someone/tiny@${COMMIT}`})
    expect(hub.requests).toEqual([])
  })

  test('by its catalogue name, its alias, the makers’ id and the export’s id alike', async () => {
    const path = await writeHuggingFaceCache('onnx-community/whisper-tiny.en_timestamped')
    for (const [reference, name] of [
      ['whisper-tiny.en', 'whisper-tiny.en'],
      ['tiny.en', 'whisper-tiny.en'],
      ['openai/whisper-tiny.en', 'openai/whisper-tiny.en'],
      ['onnx-community/whisper-tiny.en_timestamped', 'onnx-community/whisper-tiny.en_timestamped'],
      ['https://huggingface.co/openai/whisper-tiny.en', 'openai/whisper-tiny.en'],
      ['https://huggingface.co/openai/whisper-tiny.en/tree/main', 'openai/whisper-tiny.en'],
    ] as const)
      expect(await find(reference, {offline: true}), reference).toEqual({path, name, source: 'hugging-face-cache'})
  })

  test('on the hub the first time and in the cache from then on', async () => {
    hub.add('someone/tiny', buffers(WHISPER))
    const events: PullEvent['type'][] = []
    const first = await find('someone/tiny', {onEvent: event => events.push(event.type)})
    expect(first.source).toBe('download')
    expect(events).toContain('plan')
    hub.requests.length = 0
    expect(await find('someone/tiny')).toEqual({...first, source: 'cache'})
    expect(hub.requests).toEqual([])
  })

  test('in the cache only if it is whole there in the precision asked for', async () => {
    hub.add(
      'someone/tiny',
      buffers({
        ...WHISPER,
        'onnx/encoder_model_q4.onnx': WHISPER['onnx/encoder_model.onnx'],
        'onnx/decoder_model_merged_q4.onnx': WHISPER['onnx/decoder_model_merged.onnx'],
      }),
    )
    const {path} = await find('someone/tiny')
    expect(await findModel('someone/tiny', {env, precision: 'q4'})).toBeUndefined()
    expect((await find('someone/tiny', {precision: 'q4'})).source).toBe('download')
    expect((await find('someone/tiny', {precision: 'q4'})).source).toBe('cache')
    await rm(join(path, 'onnx/decoder_model_merged_q4.onnx'))
    expect(await findModel('someone/tiny', {env, precision: 'q4'})).toBeUndefined()
  })

  test('elsewhere when Hugging Face’s cache has the makers’ repository without ONNX', async () => {
    await writeHuggingFaceCache('openai/whisper-tiny.en', {
      'config.json': WHISPER['config.json'],
      'model.safetensors': Buffer.from('w'),
    })
    hub.add(
      'openai/whisper-tiny.en',
      buffers({'config.json': WHISPER['config.json'], 'model.safetensors': Buffer.from('w')}),
    )
    hub.add('onnx-community/whisper-tiny.en_timestamped', buffers(WHISPER))
    const found = await find('openai/whisper-tiny.en')
    expect(found).toMatchObject({source: 'download', name: 'openai/whisper-tiny.en'})
    expect(found.path).toContain('models--onnx-community--whisper-tiny.en_timestamped')
    expect((await find('openai/whisper-tiny.en', {offline: true})).source).toBe('cache')
  })
})

describe('a model that is not found', () => {
  test.skipIf(existsSync(packageFile('models/lingulu-en/config.json')))(
    'is one that was not named (skipped where the bundled model is there)',
    async () => {
      const error = await failure(find(undefined))
      expect(error.code).toBe('MODEL_MISSING')
      expect(error.message).toContain('No model was given')
      expect(error.hint).toContain('lingulu models pull')
      expect(error.hint).toContain('--model')
    },
  )

  test.each([
    ['whisper-tinny.en', /no such name/, /Did you mean whisper-tiny\.en/],
    ['whisper-bas', /no such name/, /whisper-base/],
    ['quite-something-else', /no such name/, /^`lingulu models list`/],
    ['a/b/c', /no such folder/, /owner\/name/],
    ['a/b@../x', /no such folder/, /owner\/name/],
    ['', /no such folder/, /owner\/name/],
    ['./nowhere', /no model folder/, /^$/],
    ['/nowhere/at/all', /no model folder/, /^$/],
  ])('%j is explained', async (reference, message, hint) => {
    const error = await failure(
      find(reference).then(({path}) =>
        import('../../../src/pipeline/models/read-model-folder.js').then(m => m.readModelFolder(path)),
      ),
    )
    expect(error.code).toBe('MODEL_MISSING')
    expect(error.message).toMatch(message)
    expect(error.hint ?? '').toMatch(hint)
  })

  test('on the hub is explained', async () => {
    const error = await failure(find('no/such-model'))
    expect(error.message).toContain('401')
    expect(error.hint).toContain('does not exist')
  })

  test('with --offline says so', async () => {
    const error = await failure(find('whisper-base', {offline: true}))
    expect(error.code).toBe('OFFLINE')
    expect(hub.requests).toEqual([])
  })

  test('because a file stands where a folder should', async () => {
    const path = join(home, 'model.onnx')
    await mkdir(home, {recursive: true})
    await writeFile(path, 'x')
    expect(await find(relative(process.cwd(), path))).toMatchObject({path, source: 'folder'})
  })
})

describe('a reference', () => {
  test.each([
    ['~/models/x', join(homedir(), 'models/x')],
    ['./x', resolve('x')],
    ['../x', resolve('../x')],
    ['.', resolve('.')],
    ['/x/y', '/x/y'],
  ])('%s is a path', async (text, path) => {
    expect(parseModelReference(text, await loadCatalogue())).toEqual({type: 'folder', path})
  })

  test('may name a revision', async () => {
    expect(parseModelReference('a/b@v1.0', await loadCatalogue())).toMatchObject({
      ids: ['a/b'],
      revision: 'v1.0',
      name: 'a/b@v1.0',
    })
  })

  test.each(['a/b', 'openai/whisper-tiny.en', 'A.b-c_d/E.f-g_h'])('%s is a hub id', id =>
    expect(isHubId(id)).toBe(true),
  )
  test.each(['a', 'a/b/c', 'a/..', '../b', 'a/b--c', 'a b/c', 'a/b\n', 'a/.b', 'a/', '/b', `a/${'b'.repeat(300)}`])(
    '%j is none',
    id => expect(isHubId(id)).toBe(false),
  )
})

describe('the catalogue', () => {
  test('has every name once, and every source and repository is a hub id', async () => {
    const catalogue = await loadCatalogue()
    const names = catalogue.flatMap(({name, aliases}) => [name, ...aliases])
    expect(new Set(names).size).toBe(names.length)
    for (const {source, repository} of catalogue)
      for (const id of [source, repository ?? source]) expect(isHubId(id), id).toBe(true)
  })

  test.each([
    ['tiny', 'whisper-tiny'],
    ['turbo', 'whisper-large-v3-turbo'],
    ['large', 'whisper-large-v3'],
    ['large-v2', 'whisper-large-v2'],
  ])('knows OpenAI’s name %s', async (alias, name) => {
    expect(parseModelReference(alias, await loadCatalogue())).toMatchObject({name})
  })

  test('knows the nearest names', async () => {
    const names = (await loadCatalogue()).map(({name}) => name)
    expect(closestNames(names, 'whisper-small.eN')[0]).toBe('whisper-small.en')
    expect(closestNames(names, 'zzzzzzzzzzzzzz')).toEqual([])
  })

  test('refuses unknown keys', async () => {
    const path = join(root, 'models.json')
    await writeFile(path, JSON.stringify({models: [{nmae: 'x'}]}))
    const error = await failure(loadCatalogue(path))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('nmae')
  })
})

describe('the caches', () => {
  test.each([
    [{LINGULU_CACHE: '/c', XDG_CACHE_HOME: '/x'}, 'linux', '/c'],
    [{XDG_CACHE_HOME: '/x'}, 'linux', '/x/lingulu'],
    [{}, 'linux', join(homedir(), '.cache/lingulu')],
    [{}, 'darwin', join(homedir(), 'Library/Caches/lingulu')],
    [{LOCALAPPDATA: '/l'}, 'win32', '/l/lingulu/cache'],
  ] as const)('%o on %s: %s', (variables, platform, path) => expect(cacheRoot(variables, platform)).toBe(path))

  test.each([
    [{HF_HUB_CACHE: '/h', HF_HOME: '/x'}, '/h'],
    [{HUGGINGFACE_HUB_CACHE: '/h'}, '/h'],
    [{HF_HOME: '/x'}, '/x/hub'],
    [{XDG_CACHE_HOME: '/y'}, '/y/huggingface/hub'],
    [{}, join(homedir(), '.cache/huggingface/hub')],
  ])('Hugging Face’s for %o: %s', (variables, path) => expect(huggingFaceCache(variables)).toBe(path))

  test('list what they hold, with its revisions and sizes', async () => {
    hub.add('someone/tiny', buffers(WHISPER), {commit: COMMIT})
    await find('someone/tiny')
    const [model, ...others] = await listSnapshots(modelCache(env))
    expect(others).toEqual([])
    expect(model).toMatchObject({id: 'someone/tiny', commit: COMMIT, revisions: ['main']})
    expect(model?.files).toContain('onnx/encoder_model.onnx')
    expect(model?.bytes).toBe(Object.values(buffers(WHISPER)).reduce((sum, {length}) => sum + length, 0))
    expect(await listSnapshots(join(home, 'nowhere'))).toEqual([])
  })

  test('are left by remove with everything else in place', async () => {
    hub.add('someone/tiny', buffers(WHISPER))
    hub.add('someone/other', buffers(WHISPER))
    await find('someone/tiny')
    await find('someone/other')
    expect(await removeRepository(modelCache(env), 'someone/tiny')).toBeGreaterThan(100)
    expect((await listSnapshots(modelCache(env))).map(({id}) => id)).toEqual(['someone/other'])
    expect(await removeRepository(modelCache(env), 'someone/tiny')).toBeUndefined()
  })

  test('never remove anything outside themselves', async () => {
    const precious = await writeModel(join(home, 'precious'), WHISPER)
    await mkdir(modelCache(env), {recursive: true})
    await symlink(precious, join(modelCache(env), 'models--some--link'))
    expect((await failure(removeRepository(modelCache(env), 'some/link'))).code).toBe('USAGE')
    for (const id of ['../../precious', '..', 'a/../../b', '/etc', 'a/..'])
      expect((await failure(removeRepository(modelCache(env), id))).code).toBe('USAGE')
    expect(existsSync(join(precious, 'config.json'))).toBe(true)
  })

  test('find no snapshot by a revision that is a path', async () => {
    await writeHuggingFaceCache('someone/tiny')
    for (const revision of ['..', '../..', '/etc', '', 'a/../b'])
      expect(await findSnapshot(huggingFaceCache(env), 'someone/tiny', revision)).toBeUndefined()
    expect(await findSnapshot(huggingFaceCache(env), 'someone/tiny', 'main')).toBeDefined()
  })
})

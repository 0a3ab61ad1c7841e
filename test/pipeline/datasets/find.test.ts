import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type CatalogEntry, loadCatalog} from '../../../src/pipeline/datasets/catalog.js'
import {MARKER, markerText} from '../../../src/pipeline/datasets/dataset-folder.js'
import {findDataset} from '../../../src/pipeline/datasets/find-dataset.js'

let root: string
let catalog: readonly CatalogEntry[]
let env: Record<string, string>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lingulu-find-'))
  catalog = await loadCatalog({})
  env = {LINGULU_CACHE: join(root, 'cache')}
  await mark(join(root, 'cache/datasets/librispeech-test-clean'), 'librispeech-test-clean', {all: 'manifest.jsonl'})
  await mark(join(root, 'cache/datasets/speechocean762'), 'speechocean762', {test: 'test.jsonl', train: 'train.jsonl'})
  await mark(join(root, 'cache/datasets/ami-test'), 'ami-test', {})
  await mark(join(root, 'mine'), 'fsdd', {all: 'manifest.jsonl'})
  await mkdir(join(root, 'plain'))
  await mkdir(join(root, 'cv-corpus-17.0'))
  await mkdir(join(root, 'cache/datasets/ljspeech.unpacking'))
  await writeFile(join(root, 'list.csv'), 'audio,text\n')
})
afterAll(async () => await rm(root, {recursive: true, force: true}))

async function mark(folder: string, name: string, manifests: Record<string, string>): Promise<void> {
  await mkdir(folder, {recursive: true})
  const text = markerText({
    ...{format: 1, name, title: name, homepage: 'h', licence: 'l', attribution: 'a', lingulu: '0', files: []},
    format: 1,
    pulledAt: '2026-01-01T00:00:00.000Z',
    contents: {files: 0, bytes: 0},
    manifests,
  })
  await writeFile(join(folder, MARKER), text)
}

const find = (text: string) => findDataset(text, {env, catalog})

describe('a data set is found', () => {
  test.each([
    ['librispeech:test-clean', 'cache/datasets/librispeech-test-clean/manifest.jsonl', 'librispeech-test-clean'],
    ['librispeech-test-clean', 'cache/datasets/librispeech-test-clean/manifest.jsonl', 'librispeech-test-clean'],
    ['test-clean', 'cache/datasets/librispeech-test-clean/manifest.jsonl', 'librispeech-test-clean'],
    ['speechocean762:train', 'cache/datasets/speechocean762/train.jsonl', 'speechocean762-train'],
  ])('by its name: %s', async (text, path, name) => {
    const found = await find(text)
    expect(found).toMatchObject({path: join(root, path), name})
    expect(name.startsWith(found.entry?.name ?? '-')).toBe(true)
  })

  test.each([
    ['a file', 'list.csv', 'list.csv', 'list'],
    ['a folder', 'plain', 'plain', 'plain'],
    ['a folder with dots in it', 'cv-corpus-17.0', 'cv-corpus-17.0', 'cv-corpus-17.0'],
    ['a folder that was fetched with --to', 'mine', 'mine/manifest.jsonl', 'fsdd'],
  ])('by its path: %s', async (_, text, path, name) => {
    expect(await find(join(root, text))).toMatchObject({path: join(root, path), name})
  })

  test('by its path first, even if that is also a name', async () => {
    const before = process.cwd()
    await mkdir(join(root, 'here/ljspeech'), {recursive: true})
    process.chdir(join(root, 'here'))
    try {
      expect(await find('ljspeech')).toMatchObject({path: join(root, 'here/ljspeech'), entry: undefined})
    } finally {
      process.chdir(before)
    }
  })
})

describe('what is not found says what to do', () => {
  test.each([
    ['ljspeech', 'DATASET_MISSING', 'not on this machine', '`lingulu datasets pull ljspeech`'],
    [
      'librispeech:dev-clean',
      'DATASET_MISSING',
      'not on this machine',
      '`lingulu datasets pull librispeech-dev-clean`',
    ],
    ['./nowhere', 'USAGE', 'no such file or folder', 'lingulu datasets list'],
    ['data/list.csv', 'USAGE', 'no such file or folder', 'lingulu datasets list'],
    ['', 'USAGE', 'an empty text', 'lingulu datasets list'],
    ['ljspech', 'USAGE', 'neither a path nor the name', 'ljspeech'],
    ['librispeech', 'USAGE', 'several data sets', 'librispeech-test-clean'],
    ['speechocean762', 'USAGE', 'several data sets', 'test.jsonl'],
    ['ami', 'USAGE', 'has no manifest', 'ami-test'],
    ['common-voice', 'DATASET_MISSING', 'give its folder', 'https://commonvoice.mozilla.org'],
  ])('%s', async (text, code, message, hint) => {
    const error = await find(text).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })
})

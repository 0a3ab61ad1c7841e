import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {
  type CatalogEntry,
  digestOf,
  findByName,
  loadCatalog,
  requireByName,
} from '../../../src/pipeline/datasets/catalog.js'
import {LinguluError} from '../../../src/pipeline/errors.js'

let catalog: readonly CatalogEntry[]
let root: string
beforeAll(async () => {
  catalog = await loadCatalog({})
  root = await mkdtemp(join(tmpdir(), 'lingulu-catalog-'))
})
afterAll(async () => await rm(root, {recursive: true, force: true}))

describe('the catalogue', () => {
  test('has every subset of LibriSpeech, with its size and its checksums', () => {
    const sets = catalog.filter(({name}) => name.startsWith('librispeech-'))
    expect(sets.map(({name}) => name)).toEqual(
      [
        'dev-clean',
        'dev-other',
        'test-clean',
        'test-other',
        'train-clean-100',
        'train-clean-360',
        'train-other-500',
      ].map(subset => `librispeech-${subset}`),
    )
    for (const {files} of sets)
      for (const file of files) {
        expect(file.bytes).toBeGreaterThan(3e8)
        expect(digestOf(file)?.kind).toBe('sha256')
        expect(file.md5).not.toBeNull()
        expect(file.urls.length).toBeGreaterThan(1)
      }
  })

  test('names everything once', () => {
    const names = catalog.flatMap(({name, aliases, parts}) => [
      name,
      ...aliases,
      ...(parts.length > 1 ? parts.map(part => `${name}-${part.name}`) : []),
    ])
    expect(names.length).toBe(new Set(names).size)
  })

  test('fetches everything over https, and says whom to name for it', () => {
    for (const {files, attribution, licence, homepage} of catalog) {
      for (const {urls} of files) for (const url of urls) expect(url).toMatch(/^https:/)
      expect(attribution.length).toBeGreaterThan(5)
      expect(licence).not.toBe('')
      expect(homepage).toMatch(/^https:/)
    }
  })

  test('has no two files of a data set in one place', () => {
    for (const {files} of catalog) {
      const names = files.map(({path}) => path.split('/').at(-1))
      expect(names.length).toBe(new Set(names).size)
    }
  })
})

describe('a name', () => {
  test.each([
    ['librispeech-test-clean', 'librispeech-test-clean', 'all'],
    ['librispeech:test-clean', 'librispeech-test-clean', 'all'],
    ['LibriSpeech/test-clean', 'librispeech-test-clean', 'all'],
    ['librispeech test_clean', 'librispeech-test-clean', 'all'],
    ['test-clean', 'librispeech-test-clean', 'all'],
    ['dev-clean-2', 'mini-librispeech-dev-clean-2', 'all'],
    ['librispeech:dev-clean-2', 'mini-librispeech-dev-clean-2', 'all'],
    ['speechocean762', 'speechocean762', undefined],
    ['speechocean762:test', 'speechocean762', 'test'],
    ['LJSpeech', 'ljspeech', 'all'],
    ['free-spoken-digit-dataset', 'fsdd', 'all'],
  ])('%s is %s, part %s', (text, name, part) => {
    const found = findByName(catalog, text)
    expect(found?.entry.name).toBe(name)
    expect(found?.part?.name).toBe(part)
  })

  test.each([
    ['librispech-test-clean', 'is neither a path nor the name', 'Did you mean librispeech-test-clean'],
    ['librispeech', 'is several data sets', 'librispeech-dev-clean, librispeech-dev-other'],
    ['voxceleb-9000', 'is neither a path nor the name', '`lingulu datasets list`'],
  ])('%s %s', (text, message, hint) => {
    const require = () => requireByName(catalog, text)
    expect(require).toThrow(message)
    try {
      require()
    } catch (error) {
      expect(error).toBeInstanceOf(LinguluError)
      if (error instanceof LinguluError) expect(error.hint).toContain(hint)
    }
  })
})

describe('LINGULU_DATASETS', () => {
  const file = {
    path: 'a.tar',
    urls: ['https://example.org/a.tar'],
    archive: 'tar',
    bytes: null,
    sha256: null,
    md5: null,
  }
  const entry = {
    name: 'own',
    aliases: [],
    title: 'Own',
    description: 'Ours.',
    homepage: 'https://example.org/',
    licence: 'MIT',
    attribution: 'Us',
    languages: ['en'],
    files: [file],
    parts: [],
    manual: null,
  }
  const load = async (content: unknown) => {
    const path = join(root, 'own.json')
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return await loadCatalog({LINGULU_DATASETS: path})
  }

  test('names another catalogue', async () => {
    expect((await load({datasets: [entry]})).map(({name}) => name)).toEqual(['own'])
  })

  test.each([
    ['{', /cannot be read/],
    [{datasets: [{...entry, lisence: 'MIT'}]}, /lisence/],
    [{datasets: [{...entry, files: []}]}, /says how to get it/],
    [{datasets: [{...entry, name: '../up'}]}, /name/],
    [{datasets: [{...entry, files: [{...file, path: '../a.tar'}]}]}, /path/],
    [{datasets: [{...entry, files: [{...file, urls: ['file:///etc/passwd']}]}]}, /urls/],
    [{datasets: [{...entry, files: [{...file, sha256: 'abc'}]}]}, /sha256/],
    [{datasets: [{...entry, files: [{...file, archive: 'rar'}]}]}, /archive/],
  ])('of %j is refused', async (content, message) => {
    await expect(load(content)).rejects.toThrow(message)
  })

  test('of a file that is not there is refused', async () => {
    await expect(loadCatalog({LINGULU_DATASETS: join(root, 'none.json')})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})

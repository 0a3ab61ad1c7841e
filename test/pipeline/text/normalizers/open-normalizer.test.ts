import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {NormalizerOptions} from '../../../../src/pipeline/text/normalizers/normalizer-options.js'
import {openNormalizer} from '../../../../src/pipeline/text/normalizers/open-normalizer.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-normalizers-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

let count = 0
async function file(content: unknown): Promise<string> {
  const path = join(folder, `${count++}.json`)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('a normalizer', () => {
  test.each([
    [{name: 'none'}, ' It’s  <b>TEN</b> %', ' It’s  <b>TEN</b> %'],
    [{name: 'basic'}, 'Él dijo: [tos] ¡Sí! (2)', 'él dijo sí '],
    [{name: 'basic', removeDiacritics: true}, 'Él dijo: ¡Sí!', 'el dijo si '],
    [{name: 'basic', splitLetters: true}, 'né, 東京', 'n é 東 京'],
    [{name: 'english'}, 'The colour of Dr. Who’s  tyres: £20!', 'the color of doctor who s tires £20'],
  ] satisfies [NormalizerOptions, string, string][])('%j', async (options, text, expected) => {
    expect((await openNormalizer(options)).normalize(text)).toBe(expected)
  })

  test('takes a table of spellings from a file or a model folder', async () => {
    const model = join(folder, 'model')
    await mkdir(model)
    await writeFile(join(model, 'normalizer.json'), '{"foo": "bar"}')
    for (const spellings of [await file({foo: 'bar'}), model]) {
      const {normalize, description} = await openNormalizer({name: 'english', spellings})
      expect(normalize('Foo colour')).toBe('bar colour')
      expect(description).toContain(`1 spellings of ${spellings}`)
    }
  })

  test('applies transforms before it, or after it where they are so named', async () => {
    const upper = {transform: 'ToUpperCase'}
    const words = {transform: 'SubstituteWords', substitutions: {ten: 'two'}}
    const apply = async (transforms: unknown) =>
      (await openNormalizer({name: 'english', transforms: await file(transforms)})).normalize('ten COLOURS')
    expect(await apply([words, upper])).toBe('2 colors')
    expect(await apply({after: [words, upper]})).toBe('10 COLORS')
    expect(await apply({before: [words], after: [upper]})).toBe('2 COLORS')
  })

  test('substitutes whole numbers in the order of a list', async () => {
    const substitutions = [
      ['b', '2'],
      ['2', 'c'],
    ]
    const path = await file([{transform: 'SubstituteWords', substitutions}])
    expect((await openNormalizer({name: 'none', transforms: path})).normalize('b 2')).toBe('c c')
  })
})

describe('the hash', () => {
  const hashOf = async (options: NormalizerOptions) => (await openNormalizer(options)).hash

  test('is that of what a normalizer does, not of where its files are or how they are written', async () => {
    const one = await file('{"a": "b", "c": "d"}')
    const same = await file('{\n "c": "d",\n "a": "b"}')
    expect(await hashOf({name: 'english', spellings: one})).toBe(await hashOf({name: 'english', spellings: same}))
    const list = await file([{transform: 'RemoveWhiteSpace'}])
    const object = await file({before: [{transform: 'RemoveWhiteSpace', replace_by_space: false}]})
    expect(await hashOf({name: 'none', transforms: list})).toBe(await hashOf({name: 'none', transforms: object}))
    expect(await hashOf({name: 'none'})).toMatch(/^[0-9a-f]{64}$/)
  })

  test('differs with names, options, tables and transforms, and their order', async () => {
    const upper = {transform: 'ToUpperCase'}
    const lower = {transform: 'ToLowerCase'}
    const all: NormalizerOptions[] = [
      {name: 'none'},
      {name: 'basic'},
      {name: 'basic', removeDiacritics: true},
      {name: 'basic', splitLetters: true},
      {name: 'english'},
      {name: 'english', spellings: await file({a: 'b'})},
      {name: 'english', spellings: await file({a: 'c'})},
      {name: 'none', transforms: await file([upper, lower])},
      {name: 'none', transforms: await file([lower, upper])},
      {name: 'none', transforms: await file({after: [lower, upper]})},
      {name: 'none', transforms: await file([{transform: 'SubstituteWords', substitutions: {a: 'b', c: 'd'}}])},
      {name: 'none', transforms: await file([{transform: 'SubstituteWords', substitutions: {c: 'd', a: 'b'}}])},
    ]
    const hashes = await Promise.all(all.map(hashOf))
    expect(new Set(hashes).size).toBe(all.length)
  })
})

describe('CONFIG_INVALID, with the place', () => {
  test.each([
    ['{', 'not a list of transforms: '],
    [[{transform: 'Lower'}], 'no transform of lingulu; there are ToLowerCase, '],
    [[{transform: 'Strip', all: true}], 'Unrecognized key: "all"'],
    [[{transform: 'SubstituteWords'}], 'substitutions'],
    [[{transform: 'SubstituteWords', substitutions: {b: '2', 2: 'c'}}], 'lose its place'],
    [
      [{transform: 'Strip'}, {transform: 'SubstituteRegexes', substitutions: {a: 'b', '(c': 'd'}}],
      'before[1] SubstituteRegexes: "(c" → "d": unterminated group',
    ],
    [
      {after: [{transform: 'SubstituteWords', substitutions: {a: '\\1'}}]},
      'after[0] SubstituteWords: "a" → "\\\\1": there is no group 1',
    ],
    [{during: []}, 'during'],
  ])('transforms %j: %s', async (content, message) => {
    const path = await file(content)
    const opened = openNormalizer({name: 'none', transforms: path})
    await expect(opened).rejects.toMatchObject({code: 'CONFIG_INVALID', message: expect.stringContaining(message)})
    await expect(opened).rejects.toThrow(path)
  })

  test.each([
    [{name: 'english', spellings: 'no/such.json'}, 'no/such.json: a table of spellings cannot be read (ENOENT)'],
    [{name: 'english', spellings: tmpdir()}, 'normalizer.json'],
    [{name: 'none', transforms: 'no/such.json'}, 'no/such.json'],
    [{name: 'basic', spellings: 'a.json'}, 'takes no spellings'],
    [{name: 'english', removeDiacritics: true}, 'cannot remove diacritics'],
    [{name: 'none', splitLetters: true}, 'cannot remove diacritics or split letters'],
  ] satisfies [NormalizerOptions, string][])('%j', async (options, message) => {
    const error = {code: 'CONFIG_INVALID', message: expect.stringContaining(message)}
    await expect(openNormalizer(options)).rejects.toMatchObject(error)
  })

  test('a table of spellings that is none', async () => {
    const opened = openNormalizer({name: 'english', spellings: await file({a: 1})})
    await expect(opened).rejects.toMatchObject({code: 'CONFIG_INVALID', message: expect.stringContaining('at a')})
  })
})

test('lingulu’s own spellings are of single words in lower case, and none leads to another', async () => {
  const {default: table} = await import('../../../../configs/spellings-english.json', {with: {type: 'json'}})
  const entries = Object.entries(table)
  expect(entries.length).toBeGreaterThan(4000)
  const keys = new Set(Object.keys(table))
  expect(entries.filter(([from, to]) => !/^[a-z]+ [a-z]+$/.test(`${from} ${to}`) || keys.has(to))).toEqual([])
})

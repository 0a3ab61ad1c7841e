import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readArpaModel} from '../../../../src/pipeline/language-model/arpa-model.js'
import {encodeModel} from '../../../../src/pipeline/language-model/binary-model.js'
import {openLanguageModel} from '../../../../src/pipeline/models/ctc/language-model.js'

const tiny = await readFile('test/data/ctc-reference/tiny.arpa')
const bin = encodeModel(await readArpaModel([tiny], 'tiny.arpa'), 0)
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingulu-lm-'))
})
afterAll(() => rm(directory, {recursive: true}))

async function written(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, bytes)
  return path
}

describe('the content decides, not the name', () => {
  const zipped = gzipSync(tiny)
  test.each([
    ['plain', 'lm.gz', tiny],
    ['gzipped', 'lm.arpa', zipped],
    ['made by lingulu lm', 'bin.arpa', bin],
    [
      'gzipped in two members',
      'two.arpa',
      Buffer.concat([gzipSync(tiny.subarray(0, 200)), gzipSync(tiny.subarray(200))]),
    ],
  ])('%s', async (_, name, bytes) => {
    const {ngrams, lexicon} = await openLanguageModel(await written(name, bytes))
    expect(ngrams).toMatchObject({order: 3, ngrams: 35})
    expect(lexicon.size).toBe(12)
    expect(ngrams.score(ngrams.start, ngrams.wordOf('the')).log10).toBeCloseTo(-0.3, 6)
  })

  test.each<[string, Uint8Array | string, string, string]>([
    ['gzip that is cut short', zipped.subarray(0, 300), 'MODEL_INVALID', 'cannot be decompressed'],
    [
      'gzip that is damaged',
      Buffer.concat([zipped.subarray(0, 60), Buffer.alloc(20), zipped.subarray(80)]),
      'MODEL_INVALID',
      'damaged.arpa',
    ],
    ['a KenLM binary', 'mmap lm http://kheafield.com/code format version 5\n\0', 'MODEL_INVALID', 'binary KenLM model'],
    ['a .bin that is cut short', bin.subarray(0, 100), 'MODEL_INVALID', 'damaged.arpa is damaged'],
    ['an empty file', '', 'MODEL_INVALID', 'line 0: there is no \\data\\ line'],
    ['a damaged model', tiny.subarray(0, 400), 'MODEL_INVALID', 'damaged.arpa, line'],
  ])('%s is refused', async (_, bytes, code, message) => {
    await expect(openLanguageModel(await written('damaged.arpa', bytes))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  })

  test.each(['none.arpa', '.'])('%s cannot be read', async name => {
    await expect(openLanguageModel(join(directory, name))).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      message: expect.stringContaining('cannot be read'),
    })
  })
})

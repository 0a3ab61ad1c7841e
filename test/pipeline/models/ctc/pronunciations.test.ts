import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {readPronunciations} from '../../../../src/pipeline/models/ctc/pronunciations.js'
import {ngrams} from '../../decoding/ctc/sayings.js'

const PHONES = ['<pad>', 'AH', 'DH', 'IY', 'K', 'AE', 'T']
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingulu-lexicon-'))
})
afterAll(() => rm(directory, {recursive: true}))

async function read(text: string) {
  const path = join(directory, 'lexicon.dict')
  await writeFile(path, text)
  const pronunciationsOf = await readPronunciations(path, PHONES, ngrams)
  return pronunciationsOf && ((word: string) => pronunciationsOf(ngrams.wordOf(word)))
}

test('words are found in any case, each with its pronunciations, those that differ in stress once', async () => {
  const sayings = await read(
    ';;; CMUdict\nTHE DH AH0\nthe(2) DH AH1\nTHE(3) DH IY0 # before vowels\ncat K AE1 T\nsat S AE1 T\n',
  )
  expect(sayings?.('the')).toEqual([
    [2, 1],
    [2, 3],
  ])
  expect(sayings?.('cat')).toEqual([[4, 5, 6]])
  // The model has no S, and the lexicon no dog.
  expect(['sat', 'dog', '<unk>'].map(word => sayings?.(word))).toEqual([[], [], []])
})

test('a lexicon without a word of the language model is none', async () => {
  expect(await read('HOUND HH AW1 N D\n')).toBeUndefined()
})

test('a lexicon that is not there is an error', async () => {
  const reading = readPronunciations(join(directory, 'none.dict'), PHONES, ngrams)
  await expect(reading).rejects.toMatchObject({code: 'MODEL_MISSING'})
})

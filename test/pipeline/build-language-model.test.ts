import {readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gunzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {type BuildLanguageModelOptions, buildLanguageModel} from '../../src/pipeline/build-language-model.js'
import type {LanguageModelEvent} from '../../src/pipeline/language-model/language-model-events.js'
import {openLanguageModel} from '../../src/pipeline/models/ctc/language-model.js'
import {suiteFolder} from '../support/lingulu.js'
import {plainModel, readPlain, referencePath} from './language-model/reference.js'

const home = suiteFolder()
const TRAIN = referencePath('train.txt')
const HELD_OUT = referencePath('held-out.txt')
const out = join(home, 'never.bin')
const plainText = {normalize: 'none', case: 'keep'} as const

async function build(given: BuildLanguageModelOptions, signal?: AbortSignal): Promise<LanguageModelEvent[]> {
  const events: LanguageModelEvent[] = []
  for await (const event of buildLanguageModel(given, {signal})) events.push(event)
  return events
}

type EventType = LanguageModelEvent['type']

/** The first event of a type. */
function of<Type extends EventType>(events: readonly LanguageModelEvent[], type: Type) {
  const isOfType = (event: LanguageModelEvent): event is Extract<LanguageModelEvent, {readonly type: Type}> =>
    event.type === type
  const found = events.find(isOfType)
  if (found === undefined) throw new Error(`there is no ${type}`)
  return found
}

test('a text becomes KenLM’s model, is written, and is measured', async () => {
  const out = join(home, 'new', 'train.arpa')
  const events = await build({texts: [TRAIN], out, perplexity: [HELD_OUT], options: plainText})
  expect([...new Set(events.map(({type}) => type))]).toEqual([
    'start',
    'reading',
    'counted',
    'estimated',
    'written',
    'done',
  ])
  expect(events.find(({type}) => type === 'counted')).toMatchObject({sentences: 420, words: 3918, unknownWords: 0})
  const {perplexityOfKnown} = JSON.parse(await readFile(referencePath('query.json'), 'utf8'))['order-3.arpa']
  const done = events.at(-1)
  expect(done).toMatchObject({type: 'done', order: 3, file: {path: out}, perplexity: {words: 363, unknownWords: 5}})
  expect(done?.type === 'done' && done.perplexity?.perplexityOfKnown).toBeCloseTo(perplexityOfKnown, 3)
  expect(plainModel(await readFile(out, 'utf8')).size).toBe(readPlain('order-3.arpa').size)
})

test('the same model goes from ARPA to gzip to .bin and back, and transcribing takes each', async () => {
  const steps = ['0.arpa', '1.arpa.gz', '2.bin', '3.arpa'].map(name => join(home, name))
  await build({texts: [TRAIN], out: steps[0], options: plainText})
  for (const [i, from] of steps.slice(0, -1).entries()) await build({from, out: steps[i + 1]})
  const first = await readFile(steps[0] ?? '', 'utf8')
  expect(plainModel(await readFile(steps[3] ?? '', 'utf8'))).toEqual(plainModel(first))
  expect(plainModel(gunzipSync(await readFile(steps[1] ?? '')).toString())).toEqual(plainModel(first))
  const scores = await Promise.all(
    steps.map(async path => {
      const {ngrams, lexicon} = await openLanguageModel(path)
      const {context} = ngrams.score(ngrams.start, ngrams.wordOf('the'))
      return [lexicon.size, ngrams.ngrams, ngrams.score(context, ngrams.wordOf('river')).log10]
    }),
  )
  for (const score of scores) expect(score).toEqual(scores[0])
})

test('pruning, a vocabulary and bits all come to pass', async () => {
  const events = await build({
    texts: [TRAIN],
    out: join(home, 'small.bin'),
    vocabulary: {name: 'words', bytes: bytesOf('THE A OLD river\nhouse sees submarine')},
    options: {pruneEntropy: 1e-4, pruneCounts: [0, 0, 1], bits: 6, order: 4, discount: 'fallback'},
    perplexity: [{name: 'held-out', bytes: bytesOf('the old river sees the old house\n')}],
  })
  expect(of(events, 'counted').vocabulary).toBe(3 + 7)
  const {before, ngrams} = of(events, 'pruned')
  expect(ngrams.length).toBe(4)
  expect(ngrams.reduce((sum, count) => sum + count)).toBeLessThan(before.reduce((sum, count) => sum + count))
  expect(events.at(-1)).toMatchObject({ngrams, perplexity: {sentences: 1, words: 7, unknownWords: 0}})
})

test('says where a text has hardly a word of the model', async () => {
  const events = await build({
    from: referencePath('order-3.arpa'),
    perplexity: [HELD_OUT],
    options: {case: 'upper'},
  })
  expect(events.filter(({type}) => type === 'note')).toMatchObject([{message: expect.stringContaining('--case')}])
})

describe('models that are mixed', () => {
  const other = referencePath('held-out.arpa')
  const bytes = (text: string) => ({name: 'words', bytes: bytesOf(text)})

  test('are SRILM’s mix, in one case', async () => {
    const path = join(home, 'mixed.arpa')
    const options = {...plainText, case: 'upper'} as const
    const events = await build({texts: [TRAIN], mix: [{model: other, weight: 0.3}], out: path, options})
    expect(of(events, 'mixed').models).toEqual([
      {model: null, weight: 0.7},
      {model: other, weight: 0.3},
    ])
    const written = plainModel(await readFile(path, 'utf8'))
    const upper = (ngram: string) => ngram.replaceAll(/\S+/g, word => (/^<.*>$/.test(word) ? word : word.toUpperCase()))
    const expected = new Map([...readPlain('mixed.arpa')].map(([ngram, numbers]) => [upper(ngram), numbers]))
    expect(expected.has('THE ZEPPELIN')).toBe(true)
    expect([...written.keys()].sort()).toEqual([...expected.keys()].sort())
    for (const [ngram, {log10, backoff}] of written) {
      expect(log10, ngram).toBeCloseTo(expected.get(ngram)?.log10 ?? Number.NaN, 4)
      expect(backoff, ngram).toBeCloseTo(expected.get(ngram)?.backoff ?? Number.NaN, 4)
    }
  })

  test('get the weights that fit a text', async () => {
    const events = await build({
      from: referencePath('order-1.arpa'),
      mix: [{model: referencePath('few-fallback.arpa')}],
      tune: [HELD_OUT],
      perplexity: [HELD_OUT],
      options: plainText,
    })
    const [first, second] = of(events, 'mixed').models
    expect(first?.weight).toBeCloseTo(0.732348, 4)
    expect(second?.weight).toBeCloseTo(0.267652, 4)
    // 28.5 and 30.6 alone
    expect(of(events, 'done').perplexity?.perplexity).toBeLessThan(27)
  })

  test('keep the words of the first where the vocabulary is limited', async () => {
    const mixed = {from: other, mix: [{model: referencePath('order-3.arpa'), weight: 0.9}], options: plainText}
    const path = join(home, 'limited.bin')
    const limits = {vocabularySize: 54, pruneEntropy: 1e-4, bits: 6}
    const events = await build({...mixed, out: path, options: {...plainText, ...limits}, perplexity: [HELD_OUT]})
    expect(of(events, 'pruned').before[0]).toBe(57)
    expect(of(events, 'done').perplexity).toMatchObject({words: 363, unknownWords: 0})
  })

  test('lose words that are not in the vocabulary, and have no others', async () => {
    const mix = [{model: referencePath('order-3.arpa'), weight: 0.9}]
    const vocabulary = bytes('zeppelin sees\nlantern river')
    const events = await build({from: other, mix, vocabulary, perplexity: [HELD_OUT], options: plainText})
    expect(of(events, 'done').ngrams[0]).toBe(3 + 3)
    expect(of(events, 'note').message).toBe('The model lacks words of the vocabulary (1), such as lantern.')
  })

  test.each<[string, Partial<BuildLanguageModelOptions>, string, RegExp]>([
    ['no weight', {mix: [{model: other}]}, 'USAGE', /no weight/],
    ['a weight of nothing', {mix: [{model: other, weight: 0}]}, 'USAGE', /weight 0 is not between/],
    ['a weight that is none', {mix: [{model: other, weight: Number.NaN}]}, 'USAGE', /not between 0 and 1/],
    [
      'weights that leave nothing',
      {mix: [0.3, 0.7].map(weight => ({model: other, weight}))},
      'USAGE',
      /mix in sum to 1\./,
    ],
    [
      'weights given and to be found',
      {mix: [{model: other, weight: 0.5}], tune: [TRAIN]},
      'USAGE',
      /has a weight, and/,
    ],
    ['weights of nothing', {tune: [TRAIN]}, 'USAGE', /no model to mix in/],
    ['no word to find them on', {mix: [{model: other}], tune: [bytes('…')]}, 'MANIFEST_INVALID', /not one word of/],
    ['a model that is not there', {mix: [{model: 'no.arpa', weight: 0.5}]}, 'MODEL_MISSING', /no\.arpa cannot be read/],
    ['a model that is a text', {mix: [{model: TRAIN, weight: 0.5}]}, 'MODEL_INVALID', /train\.txt, line \d+/],
    [
      'a vocabulary of other words',
      {mix: [{model: other, weight: 0.5}], vocabulary: bytes('THE OLD')},
      'CONFIG_INVALID',
      /not one word of the vocabulary/,
    ],
  ])('%s is refused', async (_, given, code, message) => {
    const job = {from: referencePath('order-3.arpa'), out, options: plainText, ...given}
    await expect(build(job)).rejects.toMatchObject({code, message: expect.stringMatching(message)})
    expect(await readdir(home)).not.toContain('never.bin')
  })
})

test('a model that is there loses words, too', async () => {
  const from = referencePath('order-3.arpa')
  const events = await build({from, perplexity: [HELD_OUT], options: {...plainText, vocabularySize: 20}})
  expect(of(events, 'done').ngrams[0]).toBe(3 + 20)
})

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

test.each<[string, BuildLanguageModelOptions, string, RegExp]>([
  ['nothing to learn from', {out}, 'USAGE', /no text/],
  ['nothing to make', {texts: [TRAIN]}, 'USAGE', /what is to be made/],
  ['texts and a model', {texts: [TRAIN], from: TRAIN, out}, 'USAGE', /cannot be given together/],
  ['a name of no kind', {texts: [TRAIN], out: join(home, 'x.lm')}, 'USAGE', /no kind of language model/],
  [
    'bits of an ARPA file',
    {texts: [TRAIN], out: join(home, 'x.arpa'), options: {bits: 8}},
    'OPTION_UNSUPPORTED',
    /bits/,
  ],
  ['counts of a model', {from: TRAIN, out, options: {pruneCounts: [0, 1]}}, 'OPTION_UNSUPPORTED', /no counts/],
  ['a model that is a text', {from: TRAIN, out}, 'MODEL_INVALID', /not an ARPA file/],
  ['a model that is not there', {from: join(home, 'none'), out}, 'MODEL_MISSING', /cannot be read/],
  ['a text without words', {texts: [{name: 'x', bytes: bytesOf('… \n—\n')}], out}, 'MANIFEST_INVALID', /one word/],
  ['cutoffs that fall', {texts: [TRAIN], out, options: {pruneCounts: [0, 2, 1]}}, 'CONFIG_INVALID', /lower than/],
  ['cutoffs of words', {texts: [TRAIN], out, options: {pruneCounts: [1]}}, 'CONFIG_INVALID', /must be 0/],
  ['too many cutoffs', {texts: [TRAIN], out, options: {pruneCounts: [0, 1, 1, 1]}}, 'CONFIG_INVALID', /more numbers/],
  ['discounts too large', {texts: [TRAIN], out, options: {discount: [2, 1, 1]}}, 'CONFIG_INVALID', /discount/],
])('%s is refused, and nothing is written', async (_, given, code, message) => {
  await expect(build(given)).rejects.toMatchObject({code, message: expect.stringMatching(message)})
  expect(await readdir(home)).not.toContain('never.bin')
})

describe('a file that is there', () => {
  test('stays, unless it is to be replaced', async () => {
    const path = join(home, 'there.arpa')
    await writeFile(path, 'mine')
    const given = {texts: [TRAIN], out: path, options: plainText}
    await expect(build(given)).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      hint: expect.stringContaining('--force'),
    })
    expect(await readFile(path, 'utf8')).toBe('mine')
    await build({...given, overwrite: true})
    expect(plainModel(await readFile(path, 'utf8')).size).toBe(readPlain('order-3.arpa').size)
  })
})

test.each([
  ['to find weights on', {texts: [TRAIN], mix: [{model: referencePath('held-out.arpa')}], tune: ['nowhere.txt'], out}],
  ['to measure with', {texts: [TRAIN], perplexity: ['nowhere.txt']}],
  ['with the vocabulary', {texts: [TRAIN], out: join(home, 'v.bin'), vocabulary: 'nowhere.txt'}],
])('a text %s that is not there is missed before any is read', async (_, given) => {
  const seen: string[] = []
  const run = async () => {
    for await (const {type} of buildLanguageModel(given)) seen.push(type)
  }
  await expect(run()).rejects.toMatchObject({code: 'INPUT_MISSING', message: expect.stringContaining('nowhere.txt')})
  expect(seen).toEqual([])
})

test('an interruption leaves nothing behind', async () => {
  const controller = new AbortController()
  const path = join(home, 'interrupted', 'x.arpa')
  const run = async () => {
    for await (const event of buildLanguageModel({texts: [TRAIN], out: path}, {signal: controller.signal}))
      if (event.type === 'counted') controller.abort(new Error('enough'))
  }
  await expect(run()).rejects.toThrow('enough')
  expect(await readdir(home)).not.toContain('interrupted')
})

import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {readArpa} from '../../../../src/pipeline/decoding/ctc/arpa.js'
import type {NgramModel} from '../../../../src/pipeline/decoding/ctc/ngram-model.js'
import {readReference, referencePath} from './reference.js'

const tiny = readFileSync(referencePath('tiny.arpa'))

/** log10 of each word, beginning after <s> or with no context. */
function scoresOf(model: NgramModel, words: readonly string[], context: number): number[] {
  let state = context
  return words.map(word => {
    const scored = model.score(state, model.wordOf(word))
    state = scored.context
    return scored.log10
  })
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

type Total = {readonly total: number}
interface SentenceCase {
  readonly sentence: string
  readonly bos_eos: Total & {readonly words: readonly (readonly [string, number, number, boolean])[]}
  readonly bos: Total
  readonly eos: Total
  readonly none: Total
}

describe('scores are KenLM’s', async () => {
  const model = await readArpa([tiny], 'tiny.arpa')
  const {sentences}: {sentences: SentenceCase[]} = readReference('arpa.json')

  test.each(sentences.map(example => [example.sentence, example] as const))(
    '“%s”',
    (sentence, {bos_eos, bos, eos, none}) => {
      const words = sentence.split(' ').filter(word => word !== '')
      const scores = scoresOf(model, [...words, '</s>'], model.start)
      expect(scores).toHaveLength(bos_eos.words.length)
      for (const [i, [, log10]] of bos_eos.words.entries()) expect(scores[i]).toBeCloseTo(log10, 5)
      expect(sum(scores)).toBeCloseTo(bos_eos.total, 5)
      expect(sum(scoresOf(model, words, model.start))).toBeCloseTo(bos.total, 5)
      expect(sum(scoresOf(model, [...words, '</s>'], 0))).toBeCloseTo(eos.total, 5)
      expect(sum(scoresOf(model, words, 0))).toBeCloseTo(none.total, 5)
    },
  )

  test('words outside the vocabulary are <unk>', () => {
    expect(model.wordOf('zebra')).toBe(model.unknown)
    expect(model.wordOf('été')).not.toBe(model.unknown)
    expect(model).toMatchObject({order: 3, ngrams: 35})
  })
})

describe('what follows a context', () => {
  const sentence = ['\\data\\', 'ngram 1=3', '', ...['\\1-grams:', '-1 <s>', '-1 </s>', '-0.5 a'], '\\end\\'].join('\n')
  const bigrams = sentence
    .replace('\n\n', '\nngram 2=2\n\n')
    .replace('\\end', '\\2-grams:\n-0.25 <s> a\n-0.125 a a\n\\end')
    .replace('<s>\n', '<s> -0.5\n')

  test.each([
    ['unigrams', sentence, 0],
    ['bigrams', bigrams, 2],
    ['trigrams', tiny.toString(), 23],
  ])('%s: the words it has seen, and what the others cost', async (_, text, total) => {
    const model = await readArpa([Buffer.from(text)], 'x.arpa')
    const words = Array.from({length: model.words.size}, (_, word) => word)
    const contexts = new Set([model.start])
    for (const context of contexts) for (const word of words) contexts.add(model.score(context, word).context)
    let found = 0
    for (const context of [...contexts].filter(context => context !== 0)) {
      const seen = new Map<number, number>()
      model.forEachSuccessor(context, (word, log10) => seen.set(word, log10))
      found += seen.size
      const {log10, context: shorter} = model.shorten(context)
      for (const word of words)
        expect(model.score(context, word).log10).toBeCloseTo(
          seen.get(word) ?? log10 + model.score(shorter, word).log10,
          6,
        )
    }
    expect(found).toBe(total)
  })
})

test.each([1, 2, 7, 64])('chunks of %i bytes are read as the whole', async size => {
  const chunks = Array.from({length: Math.ceil(tiny.length / size)}, (_, i) => tiny.subarray(i * size, (i + 1) * size))
  const model = await readArpa(chunks, 'tiny.arpa')
  const words = 'the cat sat on the été mat </s>'.split(' ')
  expect(scoresOf(model, words, model.start)).toEqual(scoresOf(await readArpa([tiny], 'tiny.arpa'), words, model.start))
})

const lines = (...rows: string[]) => readArpa([Buffer.from(rows.join('\n'))], 'x.arpa')
const UNIGRAMS = ['\\1-grams:', '-1 <s> -0.5', '-1 </s>', '-0.5 a -0.25']
/** Alone they are the highest order, which has no backoff. */
const ALONE = UNIGRAMS.map(line => line.replace(/ -0\.\d+$/, ''))
const head = (...counts: number[]) => ['\\data\\', ...counts.map((count, i) => `ngram ${i + 1}=${count}`), '']

describe('models of any order', () => {
  test('unigrams alone have no context', async () => {
    const model = await lines(...head(3), ...ALONE, '\\end\\')
    expect(scoresOf(model, ['a', 'b', '</s>'], model.start)).toEqual([-0.5, -100, -1])
  })

  test('bigrams, with Windows line ends, comments before \\data\\ and no line end after \\end\\', async () => {
    const rows = ['made by hand', ...head(3, 1), ...UNIGRAMS, '', '\\2-grams:', '-0.125\ta a', '', '\\end\\']
    const model = await readArpa([Buffer.from(rows.join('\r\n'))], 'x.arpa')
    expect(scoresOf(model, ['a', 'a', 'a', '</s>'], model.start)).toEqual([-1, -0.125, -0.125, -1.25])
  })

  test('words with tabs between them, as CMUSphinx writes them', async () => {
    const model = await lines(...head(3, 1), ...UNIGRAMS, '\\2-grams:', '-0.1250\ta\ta', '\\end\\')
    expect(scoresOf(model, ['a', 'a', '</s>'], model.start)).toEqual([-1, -0.125, -1.25])
  })

  test('a pruned n-gram whose end is missing is followed by its longest known part', async () => {
    // “a b c” is known, “b c” is not: after it the context is “c” alone.
    const model = await lines(
      ...head(5, 3, 1),
      ...UNIGRAMS,
      '-1 b -0.5',
      '-1 c -0.125',
      '\\2-grams:',
      '-0.25 a b -0.0625',
      '-0.25 c a',
      '-0.25 <s> a',
      '\\3-grams:',
      '-0.03125 a b c',
      '\\end\\',
    )
    expect(scoresOf(model, ['a', 'b', 'c', 'a'], 0)).toEqual([-0.5, -0.25, -0.03125, -0.25])
    expect(scoresOf(model, ['a', 'b', 'b'], 0)).toEqual([-0.5, -0.25, -0.0625 - 0.5 - 1])
  })
})

describe('what is not a whole, consistent ARPA file is refused with the line', () => {
  const two = [...UNIGRAMS, '\\2-grams:']
  test.each<[string, string[], string]>([
    ['an empty file', [], 'x.arpa, line 0: there is no \\data\\ line'],
    ['another file', ['hello', 'world'], 'line 2: there is no \\data\\ line'],
    ['no n-grams', ['\\data\\', '\\end\\'], 'line 2: no 1-grams are announced'],
    ['zero unigrams', head(0), 'line 2: the file ends without \\end\\'],
    ['zero unigrams and a section', [...head(0), '\\1-grams:'], 'line 4: no 1-grams are announced'],
    ['a count that is none', ['\\data\\', 'ngram 1=x'], 'line 2: expected “ngram N=count”, got “ngram 1=x”'],
    ['counts out of order', ['\\data\\', 'ngram 2=1'], 'line 2: expected the count of the 1-grams'],
    ['a missing section', [...head(3, 1), ...UNIGRAMS, '\\end\\'], 'line 9: expected \\2-grams:, got “\\end\\”'],
    [
      'fewer n-grams than announced',
      [...head(4), ...ALONE, '', '\\end\\'],
      'line 9: 4 1-grams are announced, there are 3',
    ],
    ['more n-grams than announced', [...head(2), ...ALONE], 'line 7: there are more than the 2 1-grams announced'],
    ['a file that is cut short', [...head(3), ...ALONE], 'line 7: the file ends without \\end\\'],
    ['a bad number', [...head(3), '\\1-grams:', '-1.2.3 a'], 'line 5: “-1.2.3” is not a number'],
    ['not a number', [...head(3), '\\1-grams:', 'nan a'], 'line 5: “nan” is not a number'],
    ['a bad backoff', [...head(3, 1), '\\1-grams:', '-1 a b'], 'line 6: “b” is not a number'],
    ['a probability above 1', [...head(3), '\\1-grams:', '0.5 a'], 'line 5: the log-probability 0.5 is above 0'],
    [
      'a line with a field too few',
      [...head(3), '\\1-grams:', '-1'],
      'line 5: a 1-gram has 2 or 3 fields, this line has 1',
    ],
    ['a line with a field too many', [...head(3), '\\1-grams:', '-1 a -1 -1'], 'this line has 4'],
    ['a word twice', [...head(4), ...ALONE, '-1 a'], 'line 8: the word “a” comes twice'],
    ['an n-gram twice', [...head(3, 2), ...two, '-1 a a', '-1 a a'], 'line 11: this 2-gram comes twice'],
    ['an unseen word', [...head(3, 1), ...two, '-1 a zebra'], 'line 10: the word “zebra” is not among the 1-grams'],
    [
      'a context that is missing',
      [...head(3, 1, 1), ...two, '-1 a a', '\\3-grams:', '-1 </s> a a'],
      'line 13: the first 2 words are not among the 2-grams',
    ],
    [
      'a backoff at the highest order',
      [...head(3, 1), ...two, '-1 a a -0.5'],
      'line 10: a 2-gram of the highest order',
    ],
    ['no sentence marks', [...head(1), '\\1-grams:', '-1 a', '\\end\\'], 'line 6: <s> or </s> is not among'],
    ['text after the end', [...head(3), ...ALONE, '\\end\\', 'more'], 'line 9: there is more after \\end\\: “more”'],
    ['counts that no machine holds', [...head(3, 1e15), ...UNIGRAMS], 'too many for this machine'],
  ])('%s', async (_, rows, message) => {
    await expect(lines(...rows)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('ARPA'),
    })
  })

  test('a megabyte without a line end', async () => {
    await expect(readArpa([Buffer.alloc(2 ** 21, 'x')], 'x.arpa')).rejects.toThrow('the line has no end')
  })
})

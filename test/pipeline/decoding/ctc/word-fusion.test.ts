import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {readArpa} from '../../../../src/pipeline/decoding/ctc/arpa.js'
import {Lexicon} from '../../../../src/pipeline/decoding/ctc/lexicon.js'
import {type Hypothesis, prefixBeamSearch} from '../../../../src/pipeline/decoding/ctc/prefix-beam.js'
import {type CtcVocabulary, ctcVocabulary} from '../../../../src/pipeline/decoding/ctc/vocabulary.js'
import {wordFusion} from '../../../../src/pipeline/decoding/ctc/word-fusion.js'
import {WordTable} from '../../../../src/pipeline/decoding/ctc/word-table.js'
import {logAdd, randomFrames, referencePath, vocabularyOf} from './reference.js'

const arpa = readFileSync(referencePath('tiny.arpa'))
const ngrams = await readArpa([arpa], 'tiny.arpa')
const languageModel = {ngrams, lexicon: new Lexicon(ngrams.words), alpha: 0.5, beta: 1.5, unknownOffset: -10}

function hotWordsOf(words: readonly string[], weight = 10) {
  const table = new WordTable()
  for (const word of words) table.addText(word)
  return {lexicon: new Lexicon(table), weight}
}

const usual = {beamWidth: 100, beamPruneLogProbability: -10, tokenMinLogProbability: -5}

/* An independent implementation, as plain as can be: prefixes are strings, the model is a Map, every score is computed
   from the whole text. */

const table = new Map<string, {log10: number; backoff: number}>()
for (const line of arpa.toString().split('\n')) {
  const [log10, words, backoff] = line.split('\t')
  if (words !== undefined) table.set(words, {log10: Number(log10), backoff: Number(backoff ?? 0)})
}

function log10Of(history: readonly string[], word: string): number {
  const known = table.has(word) ? word : '<unk>'
  const found = table.get([...history, known].join(' '))
  if (found !== undefined) return found.log10
  return (table.get(history.join(' '))?.backoff ?? 0) + log10Of(history.slice(1), known)
}

interface PlainOptions {
  readonly model: boolean
  readonly hot: readonly string[]
}

function plainWords(words: readonly string[], {model, hot}: PlainOptions, ended: boolean): number {
  let score = 10 * words.filter(word => hot.includes(word)).length
  if (!model) return score
  const history = ['<s>']
  for (const word of [...words, ...(ended ? ['</s>'] : [])]) {
    const log10 = log10Of(history.slice(-2), word) + (table.has(word) ? 0 : -10)
    score += 0.5 * Math.LN10 * log10 + (word === '</s>' ? 0 : 1.5)
    history.push(table.has(word) ? word : '<unk>')
  }
  return score
}

function plainPartial(part: string, {model, hot}: PlainOptions): number {
  if (part === '') return 0
  const candidates = hot.filter(word => word.startsWith(part)).map(word => word.length)
  if (candidates.length > 0) return (10 * part.length) / Math.min(...candidates)
  if (!model || [...table.keys()].some(words => !words.includes(' ') && words.startsWith(part))) return 0
  return -10 * Math.max(1, part.length / 6)
}

function plainScore(prefix: string, options: PlainOptions): number {
  const words = prefix.split('|')
  const part = words.pop() as string
  return (
    plainWords(
      words.filter(word => word !== ''),
      options,
      false,
    ) + plainPartial(part, options)
  )
}

/** Hannun's algorithm on strings; the texts with their scores, best first. */
function plainSearch(matrix: Float32Array, vocabulary: CtcVocabulary, width: number, options: PlainOptions) {
  let beams = new Map([['', {blank: 0, label: Number.NEGATIVE_INFINITY}]])
  for (let row = 0; row < matrix.length; row += vocabulary.size) {
    const frame = [...matrix.subarray(row, row + vocabulary.size)]
    const best = Math.max(...frame)
    const next = new Map<string, {blank: number; label: number}>()
    const add = (prefix: string, part: 'blank' | 'label', value: number) => {
      const entry = next.get(prefix) ?? {blank: Number.NEGATIVE_INFINITY, label: Number.NEGATIVE_INFINITY}
      next.set(prefix, {...entry, [part]: logAdd(entry[part], value)})
    }
    for (const [prefix, {blank, label}] of beams) {
      for (const [token, value] of frame.entries()) {
        if (value < -5 && value !== best) continue
        const letter = token === vocabulary.delimiter ? '|' : vocabulary.pieces[token]!
        const last = prefix === '' ? '|' : prefix.at(-1)
        if (token === vocabulary.blank) add(prefix, 'blank', logAdd(blank, label) + value)
        else if (letter === '|' && last === '|') add(prefix, 'label', logAdd(blank, label) + value)
        else if (letter === last) {
          add(prefix, 'label', label + value)
          add(prefix + letter, 'label', blank + value)
        } else add(prefix + letter, 'label', logAdd(blank, label) + value)
      }
    }
    const scored = [...next].map(([prefix, entry]) => ({
      prefix,
      entry,
      score: logAdd(entry.blank, entry.label) + plainScore(prefix, options),
    }))
    scored.sort((a, b) => b.score - a.score)
    const kept = scored.filter(({score}) => score >= scored[0]!.score - 10 && score > Number.NEGATIVE_INFINITY)
    beams = new Map(kept.slice(0, width).map(({prefix, entry}) => [prefix, entry]))
  }
  const texts = new Map<string, number>()
  for (const [prefix, {blank, label}] of beams) {
    const text = prefix
      .split('|')
      .filter(word => word !== '')
      .join(' ')
    texts.set(text, logAdd(texts.get(text) ?? Number.NEGATIVE_INFINITY, logAdd(blank, label)))
  }
  return [...texts]
    .map(([text, logProbability]) => ({
      text,
      logProbability,
      score:
        logProbability +
        plainWords(
          text.split(' ').filter(word => word !== ''),
          options,
          true,
        ),
    }))
    .sort((a, b) => b.score - a.score)
}

function expectSame(found: readonly Hypothesis[], expected: ReturnType<typeof plainSearch>): void {
  expect(found.map(({text}) => text)).toEqual(expected.map(({text}) => text))
  for (const [i, {logProbability, score}] of expected.entries()) {
    expect(found[i]!.logProbability).toBeCloseTo(logProbability, 6)
    expect(found[i]!.score).toBeCloseTo(score, 4)
  }
}

describe('the search scores and prunes as the plain implementation does', () => {
  const vocabulary = vocabularyOf('-|acdeghmnorst')
  const cases = [1, 2, 3, 4].flatMap(seed => [
    {seed, model: true, hot: []},
    {seed, model: false, hot: ['cat', 'dog', 'catch']},
    {seed, model: true, hot: ['cat', 'goat']},
  ])
  test.each(cases)('%j', ({seed, model, hot}) => {
    const matrix = randomFrames(seed, 30, vocabulary.size, 5)
    const fusion = wordFusion({
      vocabulary,
      languageModel: model ? languageModel : undefined,
      hotWords: hot.length > 0 ? hotWordsOf(hot) : undefined,
    })
    const found = prefixBeamSearch(matrix, {...usual, beamWidth: 12, vocabulary, fusion})
    expectSame(found, plainSearch(matrix, vocabulary, 12, {model, hot}))
  })
})

/** Frames that say a text clearly, but for one frame where several letters share the probability. */
function spelled(
  vocabulary: CtcVocabulary,
  text: string,
  unsure: Readonly<Record<number, Readonly<Record<string, number>>>>,
) {
  const rows = [...text].flatMap((letter, i) => [unsure[i] ?? {[letter]: 0.97}, {'-': 0.97}])
  const ids = new Map(vocabulary.pieces.map((piece, id) => [piece, id]))
  ids.delete('')
  ids.set('-', vocabulary.blank).set('|', vocabulary.delimiter)
  const matrix = new Float32Array(rows.length * vocabulary.size)
  for (const [t, row] of rows.entries()) {
    const rest = 1 - Object.values(row).reduce((sum, p) => sum + p, 0)
    for (let id = 0; id < vocabulary.size; id++) {
      const letter = [...ids].find(entry => entry[1] === id)?.[0] ?? ''
      matrix[t * vocabulary.size + id] = Math.log(row[letter] ?? rest / vocabulary.size)
    }
  }
  return matrix
}

describe('what a language model and hot words are for', () => {
  const vocabulary = vocabularyOf('-|acdeghkmnorstzé')
  const kat = spelled(vocabulary, 'the|kat|sat', {4: {k: 0.6, c: 0.3}})

  test('the model alone hears “kat”, the language model makes it “cat”', () => {
    expect(prefixBeamSearch(kat, {...usual, vocabulary})[0]?.text).toBe('the kat sat')
    const fusion = wordFusion({vocabulary, languageModel})
    expect(prefixBeamSearch(kat, {...usual, vocabulary, fusion})[0]?.text).toBe('the cat sat')
  })

  test('a hot word wins where nothing else speaks for it, in upper and lower case as it is given', () => {
    const options = {...usual, vocabulary}
    const hear = (words: readonly string[], weight?: number) =>
      prefixBeamSearch(kat, {...options, fusion: wordFusion({vocabulary, hotWords: hotWordsOf(words, weight)})})[0]
        ?.text
    expect(hear(['cat'])).toBe('the cat sat')
    expect(hear(['CAT'])).toBe('the kat sat')
    expect(hear(['cat'], 0)).toBe('the kat sat')
  })

  test('letters of several bytes are found in the lexicon', () => {
    const matrix = spelled(vocabulary, 'a|été', {2: {é: 0.4, e: 0.5}, 4: {é: 0.4, e: 0.5}})
    expect(prefixBeamSearch(matrix, {...usual, vocabulary})[0]?.text).toBe('a ete')
    const fusion = wordFusion({vocabulary, languageModel})
    expect(prefixBeamSearch(matrix, {...usual, vocabulary, fusion})[0]?.text).toBe('a été')
  })

  test('word pieces spell the words of the language model', () => {
    const pieces = ctcVocabulary({
      vocabulary: ['-', '▁the', '▁k', '▁c', 'at', '▁sat', '▁'],
      blank: 0,
      wordDelimiter: undefined,
      special: new Set([0]),
    })
    const rows = [{1: 0.9}, {2: 0.6, 3: 0.3}, {4: 0.9}, {0: 0.9}, {5: 0.9}]
    const matrix = Float32Array.from(
      rows.flatMap(row => Array.from({length: 7}, (_, id) => Math.log((row as Record<number, number>)[id] ?? 0.01))),
    )
    const options = {...usual, vocabulary: pieces}
    expect(prefixBeamSearch(matrix, options)[0]?.text).toBe('the kat sat')
    const found = prefixBeamSearch(matrix, {...options, fusion: wordFusion({vocabulary: pieces, languageModel})})[0]
    expect(found?.text).toBe('the cat sat')
    const expected = plainWords(['the', 'cat', 'sat'], {model: true, hot: []}, true)
    expect(found!.score - found!.logProbability).toBeCloseTo(expected, 5)
  })
})

describe('recombination', () => {
  const vocabulary = vocabularyOf('-|acdeghmnorst')

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'finds a text at least as good, with and without a language model (seed %i)',
    seed => {
      const matrix = randomFrames(seed, 150, vocabulary.size, 6)
      for (const fusion of [undefined, wordFusion({vocabulary, languageModel})]) {
        const best = (recombine: boolean) =>
          prefixBeamSearch(matrix, {
            ...usual,
            vocabulary,
            recombine,
            fusion: fusion && wordFusion({vocabulary, languageModel}),
          })[0]!
        expect(best(true).score).toBeGreaterThanOrEqual(best(false).score - 1e-6)
      }
    },
  )
})

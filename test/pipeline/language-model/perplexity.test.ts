import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {readArpa} from '../../../src/pipeline/decoding/ctc/arpa.js'
import {perplexityOf} from '../../../src/pipeline/language-model/perplexity.js'
import {referencePath, sentencesOf} from './reference.js'

interface QueryResult {
  readonly sentences: readonly number[]
  readonly perplexity: number
  readonly perplexityOfKnown: number
  readonly unknownWords: number
  readonly tokens: number
}

const expected: Record<string, QueryResult> = JSON.parse(readFileSync(referencePath('query.json'), 'utf8'))
const sentences = sentencesOf('held-out.txt')

describe.each(Object.entries(expected))('%s', async (name, query) => {
  const model = await readArpa([readFileSync(referencePath(name))], name)

  test('each sentence has the score of KenLM’s query', () => {
    expect(query.sentences).toHaveLength(sentences.length)
    for (const [i, sentence] of sentences.entries()) {
      const counter = perplexityOf(model)
      counter.add(sentence)
      expect(counter.result().log10).toBeCloseTo(query.sentences[i] ?? Number.NaN, 4)
    }
  })

  test('the perplexity is that of KenLM’s query', () => {
    const counter = perplexityOf(model)
    for (const sentence of sentences) counter.add(sentence)
    const {perplexity, perplexityOfKnown, unknownWords, words} = counter.result()
    expect(perplexity).toBeCloseTo(query.perplexity, 4)
    expect(perplexityOfKnown).toBeCloseTo(query.perplexityOfKnown, 4)
    expect(unknownWords).toBe(query.unknownWords)
    // KenLM counts </s> among its tokens.
    expect(words + sentences.length).toBe(query.tokens)
  })
})

test('of no text there is none', async () => {
  const model = await readArpa([readFileSync(referencePath('order-3.arpa'))], 'x')
  expect(perplexityOf(model).result()).toMatchObject({sentences: 0, perplexity: null, perplexityOfKnown: null})
})

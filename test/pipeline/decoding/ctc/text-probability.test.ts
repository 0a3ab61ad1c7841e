import {describe, expect, test} from 'vitest'
import {frameProbabilities, textLogProbability} from '../../../../src/pipeline/decoding/ctc/text-probability.js'
import {ctcLoss} from '../../../../src/pipeline/training/ctc-loss.js'
import {allPaths, collapse, logAdd, randomFrames} from './reference.js'

const SIZE = 4

describe('the probability of a text', () => {
  const frames = randomFrames(3, 6, SIZE)
  const byText = new Map<string, number>()
  for (const {path, logProbability} of allPaths(frames, SIZE)) {
    const text = collapse(path, 0).join(' ')
    byText.set(text, logAdd(byText.get(text) ?? Number.NEGATIVE_INFINITY, logProbability))
  }
  const heard = frameProbabilities(frames, SIZE, 0)
  const logProbability = (...words: number[][][]) => textLogProbability(heard, words)

  test('is the sum over all alignments, for every text that fits', () => {
    expect(byText.size).toBeGreaterThan(300)
    for (const [text, expected] of byText) {
      const tokens = text === '' ? [] : text.split(' ').map(Number)
      expect(logProbability(...tokens.map(token => [[token]]))).toBeCloseTo(expected, 10)
      if (tokens.length > 0) expect(logProbability([tokens])).toBeCloseTo(expected, 10)
    }
  })

  test('sums over the ways in which words can be said, neighbours that are equal kept apart', () => {
    const sayings = [
      [[1, 2], [2]],
      [[2, 3], [1]],
    ]
    const texts = ['1 2 2 3', '1 2 1', '2 2 3', '2 1']
    const expected = texts.map(text => byText.get(text) as number).reduce(logAdd)
    expect(logProbability(...sayings)).toBeCloseTo(expected, 10)
  })

  test('is nothing where the frames are too few', () => {
    expect(logProbability([[1, 1, 1, 1]])).toBe(Number.NEGATIVE_INFINITY)
    expect(logProbability([[1, 2, 3, 1, 2, 3, 1]])).toBe(Number.NEGATIVE_INFINITY)
  })

  test('does not lose itself in a thousand frames', () => {
    const long = randomFrames(5, 1000, SIZE, 8)
    const label = Array.from({length: 300}, (_, i) => 1 + (i % 3))
    const {losses} = ctcLoss({logits: long, frames: 1000, classes: SIZE, lengths: [1000], labels: [label], blank: 0})
    const found = textLogProbability(frameProbabilities(long, SIZE, 0), [[label]])
    expect(found).toBeLessThan(-1000)
    expect(found / -(losses[0] as number)).toBeCloseTo(1, 6)
  })
})

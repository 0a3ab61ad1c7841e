import {expect, test} from 'vitest'
import {grammarLogProbability, type LabelGrammar, labelGrammar} from '../../../src/pipeline/training/label-grammar.js'
import {likeliestLabels} from '../../../src/pipeline/training/likeliest-labels.js'
import {softmaxRows} from '../../../src/pipeline/training/softmax-rows.js'

const CLASSES = 4
const FRAMES = 6
const GRAMMAR = labelGrammar(
  [
    [1, 2, 2],
    [1, 1],
    [2, 3, 2],
    [1, 2, 3],
    [3, 1, 2],
  ],
  CLASSES,
)

/** The likeliest of all paths, one by one. */
function byHand(logits: Float32Array, grammar: LabelGrammar): readonly number[] {
  const {logProbabilities} = softmaxRows(logits, FRAMES, CLASSES)
  let best: {score: number; labels: readonly number[]} = {score: -Infinity, labels: []}
  for (let path = 0; path < CLASSES ** FRAMES; path++) {
    const tokens = Array.from({length: FRAMES}, (_, frame) => Math.floor(path / CLASSES ** frame) % CLASSES)
    const labels = tokens.filter((token, frame) => token !== 0 && token !== tokens[frame - 1])
    const acoustic = tokens.reduce((sum, token, frame) => sum + (logProbabilities[frame * CLASSES + token] ?? 0), 0)
    const score = acoustic + grammarLogProbability(grammar, labels)
    if (score > best.score) best = {score, labels}
  }
  return best.labels
}

test.each([1, 2, 3, 4, 5, 6])('labels are those of the likeliest path of all (%i)', seed => {
  const logits = Float32Array.from(
    {length: FRAMES * CLASSES},
    (_, index) => 2.5 * Math.sin(seed * 37 + index * index * seed),
  )
  expect(likeliestLabels(logits, FRAMES, GRAMMAR)).toEqual(byHand(logits, GRAMMAR))
})

test('what the grammar has never seen must be heard well', () => {
  const heard = (loud: number) => {
    const logits = new Float32Array(3 * CLASSES)
    // 3 and 2 are as loud as each other in the second frame but for this; after 1, the grammar knows 2.
    logits.set([-9, 9, -9, -9], 0)
    logits.set([-9, -9, 0, loud], CLASSES)
    logits.set([9, -9, -9, -9], 2 * CLASSES)
    return likeliestLabels(logits, 3, GRAMMAR)
  }
  expect(heard(0.5)).toEqual([1, 2])
  expect(heard(9)).toEqual([1, 3])
})

test('silence says nothing', () => {
  expect(likeliestLabels(Float32Array.of(9, 0, 0, 0), 1, GRAMMAR)).toEqual([])
  expect(likeliestLabels(new Float32Array(0), 0, GRAMMAR)).toEqual([])
})

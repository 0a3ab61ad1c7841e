import {expect, test} from 'vitest'
import {ctcLoss} from '../../../src/pipeline/training/ctc-loss.js'
import {denominatorLoss} from '../../../src/pipeline/training/denominator-loss.js'
import {grammarLogProbability, labelGrammar} from '../../../src/pipeline/training/label-grammar.js'
import {softmaxRows} from '../../../src/pipeline/training/softmax-rows.js'

const CLASSES = 3
const GRAMMAR = labelGrammar(
  [
    [1, 2, 2],
    [1, 1],
    [2, 1, 2],
    [1, 2],
  ],
  CLASSES,
)
const LOGITS = Float32Array.of(0.3, 1.2, -0.4, -1, 0.5, 0.7, 0.9, -0.2, 0.1, 0.4, 0.4, -1.1, 1.3, -0.6, 0.8)
const ROW = {logits: LOGITS, frames: 5, classes: CLASSES, lengths: [5], labels: [[1, 2]], blank: 0}

/** ln Σ p(path) p(its labels) over every path there is. */
function everyPath(logits: Float32Array, frames: number): number {
  const {probabilities} = softmaxRows(logits, frames, CLASSES)
  let sum = 0
  for (let path = 0; path < CLASSES ** frames; path++) {
    const tokens = Array.from({length: frames}, (_, frame) => Math.floor(path / CLASSES ** frame) % CLASSES)
    const labels = tokens.filter((token, frame) => token !== 0 && token !== tokens[frame - 1])
    const acoustic = tokens.reduce(
      (product, token, frame) => product * (probabilities[frame * CLASSES + token] ?? 0),
      1,
    )
    sum += acoustic * Math.exp(grammarLogProbability(GRAMMAR, labels))
  }
  return Math.log(sum)
}

test('it is the sum over all paths', () => {
  const [loss = 0] = denominatorLoss(ROW, GRAMMAR).losses
  expect(loss + grammarLogProbability(GRAMMAR, [1, 2])).toBeCloseTo(everyPath(LOGITS, 5), 6)
})

test('its gradient is that of differences', () => {
  const {gradient} = denominatorLoss(ROW, GRAMMAR)
  const step = 1e-2
  for (const index of LOGITS.keys()) {
    const [over = 0, under = 0] = [step, -step].map(change => {
      const moved = Float32Array.from(LOGITS)
      moved[index] = (moved[index] ?? 0) + change
      return everyPath(moved, 5)
    })
    expect(gradient[index], `at ${index}`).toBeCloseTo((over - under) / (2 * step), 4)
  }
})

test('with CTC’s loss it is none where nothing else could have been said', () => {
  const sure = Float32Array.of(-30, 30, -30, 30, -30, -30)
  const row = {...ROW, logits: sure, frames: 2, lengths: [2], labels: [[1]]}
  const [ctc = 0] = ctcLoss(row).losses
  const {losses, gradient} = denominatorLoss(row, GRAMMAR)
  expect(ctc + (losses[0] ?? 0)).toBeCloseTo(0, 6)
  for (const value of gradient) expect(value).toBeCloseTo(0, 6)
})

test('the two together are never below 0', () => {
  const long = Float32Array.from({length: 60 * CLASSES}, (_, index) => 3 * Math.sin(7 * index))
  const row = {...ROW, logits: long, frames: 60, lengths: [60], labels: [[1, 2, 1, 1, 2]]}
  const [ctc = 0] = ctcLoss(row).losses
  expect(ctc + (denominatorLoss(row, GRAMMAR).losses[0] ?? 0)).toBeGreaterThan(0)
})

test('labels that do not fit into their frames give nothing, as with CTC', () => {
  const {losses, gradient} = denominatorLoss({...ROW, lengths: [2], labels: [[1, 1]]}, GRAMMAR)
  expect([...losses]).toEqual([0])
  expect(gradient.every(value => value === 0)).toBe(true)
})

test('padding, and rows that say nothing, have no part in it', () => {
  const padded = new Float32Array(LOGITS.length * 2)
  padded.set(LOGITS.subarray(0, 9))
  const {losses, gradient} = denominatorLoss({...ROW, logits: padded, lengths: [3, 0], labels: [[1, 2], []]}, GRAMMAR)
  const alone = denominatorLoss({...ROW, logits: LOGITS.slice(0, 9), frames: 3, lengths: [3]}, GRAMMAR)
  expect(losses[0]).toBe(alone.losses[0])
  expect(losses[1]).toBe(0)
  expect([...gradient.subarray(0, 9)]).toEqual([...alone.gradient])
  expect(gradient.subarray(9).every(value => value === 0)).toBe(true)
})

test('a logit that is no number is an error', () => {
  const broken = {...ROW, logits: LOGITS.map((value, index) => (index === 4 ? Number.NaN : value))}
  expect(() => denominatorLoss(broken, GRAMMAR)).toThrow('no finite number')
})

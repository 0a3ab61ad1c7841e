import {expect, test} from 'vitest'
import {CtcModelConfig} from '../../../../../src/pipeline/training/tasks/ctc/ctc-config.js'
import type {Target} from '../../../../../src/pipeline/training/tasks/ctc/ctc-targets.js'
import {lossHeads} from '../../../../../src/pipeline/training/tasks/ctc/head-losses.js'
import {trainingItem} from '../../../../support/train-task.js'

const items = ['AB', 'C', '?'].map((text, index) => trainingItem({id: String(index), text}))
const head = (name: 'written' | 'phones', classes: number) => ({
  name,
  classes,
  weight: 1,
  targets: ({text}: {readonly text: string}): Target =>
    text === '?' ? {reason: 'not known'} : {ids: [...text].map(letter => letter.charCodeAt(0) - 64)},
})

test('heads stand side by side, and those that learn CTC-CRF have a grammar of what they are to say', () => {
  const config = CtcModelConfig.parse({crf: {heads: ['phones']}})
  const [written, phones] = lossHeads(config, items, [head('written', 200), head('phones', 4)])
  expect(written).toMatchObject({offset: 0, grammar: undefined})
  expect(phones).toMatchObject({offset: 200, grammar: {classes: 4}})
  const after = (labels: readonly number[]) => phones?.grammar?.probabilities.subarray(...rowOf(labels))
  // A follows the beginning as often as C, which B never does.
  expect(after([0, 0])?.[1]).toBeCloseTo(after([0, 0])?.[3] ?? 0, 12)
  expect(after([0, 1])?.[2]).toBeGreaterThan(0.5)
})

const rowOf = ([first = 0, second = 0]: readonly number[]): [number, number] => {
  const start = (first * 4 + second) * 4
  return [start, start + 4]
}

test('a head that is named must be there, and without names all learn so', () => {
  const written = [head('written', 4)]
  expect(() => lossHeads(CtcModelConfig.parse({crf: {heads: ['phones']}}), items, written)).toThrow(
    'model.crf.heads names phones, and the model has no such head.',
  )
  const all = lossHeads(CtcModelConfig.parse({crf: {}}), items, [...written, head('phones', 4)])
  expect(all.map(({grammar}) => grammar?.classes)).toEqual([4, 4])
})

test('texts that a head cannot say are an error', () => {
  const [, , unknown] = items
  const config = CtcModelConfig.parse({crf: {}})
  expect(() => lossHeads(config, [unknown!], [head('written', 4)])).toThrow(
    /No text of model.crf can be said by the head written/,
  )
})

test('without CTC-CRF there are no grammars', () => {
  const heads = lossHeads(CtcModelConfig.parse({}), items, [head('written', 4), head('phones', 4)])
  expect(heads.map(({grammar}) => grammar)).toEqual([undefined, undefined])
})

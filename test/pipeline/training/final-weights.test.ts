import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {writeCheckpoint} from '../../../src/pipeline/training/checkpoint/write-checkpoint.js'
import {finalWeights} from '../../../src/pipeline/training/final-weights.js'
import type {TrainingRun} from '../../../src/pipeline/training/open-run.js'
import type {TrainEvent} from '../../../src/pipeline/training/train-events.js'

let folder: string

/** Weights of two numbers after each step, and what they are evaluated to be. */
const CHECKPOINTS = [
  {step: 10, parameters: [0, 4], value: 0.5},
  {step: 20, parameters: [1, 1], value: null},
  {step: 30, parameters: [2, 8], value: 0.3},
  {step: 40, parameters: [4, 6], value: 0.4},
  {step: 50, parameters: [9, 9], value: 0.9},
] as const
const LAST = Float32Array.of(7, 7)
const stopping = {best: {step: 30, value: 0.3}, failures: 2}
const data = {epoch: 1, batch: 0}
const at = {epochs: 1, stopping, value: null, evaluated: true}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-final-'))
  for (const {step, parameters, value} of CHECKPOINTS) {
    const zeros = new Float32Array(2)
    await writeCheckpoint(folder, {
      task: {save: async () => undefined},
      places: [],
      vectors: {parameters: Float32Array.from(parameters), first: zeros, second: zeros, steps: step},
      state: {...at, schema: 1, step, position: data, seconds: 1, value, fingerprint: 'x'},
    })
  }
})
afterAll(() => rm(folder, {recursive: true}))

/** @param measured what weights are evaluated to be that are loaded */
async function end(average: number, measured: number, {greaterIsBetter = false, best = stopping.best} = {}) {
  const events: TrainEvent[] = []
  const loaded: number[][] = []
  const run = {
    task: {
      best: {metric: 'wer', greaterIsBetter},
      scorer: () => ({
        add: () => undefined,
        scores: () => ({metrics: {wer: measured}, examples: [{id: 'a', reference: 'b', hypothesis: 'c'}]}),
      }),
    },
    engine: {
      load: async (parameters: Float32Array) => void loaded.push([...parameters]),
      state: async () => ({parameters: LAST}),
    },
    trainer: {dev: [{name: 'dev', items: []}]},
  }
  // Nothing else of a run is used.
  const {parameters, best: found} = await finalWeights(run as unknown as TrainingRun, {
    folder,
    position: {...at, step: 50, data, stopping: {...stopping, best}},
    metric: 'wer',
    average,
    rows: 1,
    emit: event => events.push(event),
    signal: new AbortController().signal,
  })
  return {parameters: [...(await parameters())], best: found, events, loaded}
}

const results = (wer: number) => [{dataset: 'dev', utterances: 0, metrics: {wer}, examples: []}]

test('a mean that is better than the best checkpoint is the model', async () => {
  const {parameters, best, events, loaded} = await end(3, 0.25)
  expect(loaded).toEqual([[2, 6]])
  expect(parameters).toEqual([2, 6])
  expect(best).toEqual({step: 50, value: 0.25, folder: null, averaged: [10, 30, 40]})
  expect(events).toEqual([{type: 'average', steps: [10, 30, 40], results: results(0.25), better: true}])
})

test.each([0.3, 0.35, Number.NaN])('one of %f is told of and left out', async value => {
  const {parameters, best, events} = await end(2, value)
  expect(parameters).toEqual([2, 8])
  expect(best).toEqual({step: 30, value: 0.3, folder: join(folder, 'checkpoint-30'), averaged: []})
  expect(events).toMatchObject([{type: 'average', steps: [30, 40], better: false}])
})

test('where more is better, the best are those with the most', async () => {
  const options = {greaterIsBetter: true, best: {step: 50, value: 0.9}}
  expect((await end(2, 0.95, options)).parameters).toEqual([4.5, 6.5])
  expect((await end(2, 0.85, options)).parameters).toEqual([9, 9])
})

test('of fewer than are wanted the mean is made, with a warning', async () => {
  const {parameters, events} = await end(9, 0.2)
  expect(parameters).toEqual([3.75, 6.75])
  expect(events.map(({type}) => type)).toEqual(['warning', 'average'])
  expect(events[0]).toMatchObject({
    message: expect.stringContaining('average_best is 9, and only 4 of the checkpoints'),
  })
})

test('nothing is averaged or evaluated for one', async () => {
  const {parameters, events, loaded} = await end(1, 0)
  expect(parameters).toEqual([2, 8])
  expect([...events, ...loaded]).toEqual([])
})

test('without a best checkpoint the weights of now are the model', async () => {
  expect(await end(3, 0, {best: {step: 60, value: 0.1}})).toMatchObject({
    parameters: [...LAST],
    best: {step: 60, value: 0.1, folder: null, averaged: []},
    events: [],
  })
})

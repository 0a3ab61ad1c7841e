import {beforeEach, expect, test, vi} from 'vitest'
import {parseTrainConfig} from '../../../src/pipeline/training/config/train-config.js'
import {NOTHING_EVALUATED} from '../../../src/pipeline/training/early-stopping.js'
import {evaluateSet} from '../../../src/pipeline/training/evaluate-set.js'
import type {TrainEvent} from '../../../src/pipeline/training/train-events.js'
import {type RunPosition, runTrainer, type TrainerOptions} from '../../../src/pipeline/training/trainer.js'

vi.mock('../../../src/pipeline/training/evaluate-set.js', () => ({evaluateSet: vi.fn()}))

const measured = {dataset: 'dev', utterances: 1, metrics: {wer: 0.5}, examples: []}
const START: RunPosition = {
  step: 0,
  data: {epoch: 0, batch: 0},
  epochs: 0,
  stopping: NOTHING_EVALUATED,
  value: null,
  evaluated: true,
}

/** Four steps on nothing, with an evaluation after each second one, and what came of them. */
async function run(more: Partial<TrainerOptions> = {}) {
  const events: TrainEvent[] = []
  const saved: RunPosition[] = []
  const settings = parseTrainConfig(
    {task: 'ctc', output_dir: 'x', data: {train: 'x'}, eval_steps: 2, save_steps: 4, logging_steps: 1},
    'test',
  )
  const features = {features: {values: new Float32Array(1), shape: [1, 1, 1]}, lengths: [1], rows: []}
  const one = {sum: 1, count: 1}
  const lossOf = () => ({gradient: new Float32Array(1), count: 1, loss: one, parts: {}})
  const options = {
    settings,
    task: {best: {metric: 'wer', greaterIsBetter: false}, batch: async () => ({inputs: {}, lossOf})},
    engine: {
      async gradients(_: unknown, loss: (output: object) => Float32Array) {
        return loss({values: new Float32Array(1), shape: [1, 1, 1]})
      },
      update: async () => 1,
    },
    stream: {next: async () => ({features, next: START.data, epochs: 0})},
    dev: [{name: 'dev', items: []}],
    steps: 4,
    schedule: () => 0.1,
    start: START,
    savedStep: null,
    emit: (event: TrainEvent) => events.push(event),
    save: async (position: RunPosition) => void saved.push(position),
    signal: new AbortController().signal,
    ...more,
  }
  // Nothing else of a task and an engine is used.
  const outcome = await runTrainer(options as unknown as TrainerOptions)
  return {outcome, saved, events: events.map(event => ('step' in event ? `${event.type} ${event.step}` : event.type))}
}

beforeEach(() => {
  vi.mocked(evaluateSet).mockReset().mockResolvedValue(measured)
})

test('evaluates and saves when they are due', async () => {
  const {outcome, saved, events} = await run()
  expect(events).toEqual(['step 1', 'step 2', 'evaluation 2', 'step 3', 'step 4', 'evaluation 4'])
  expect(saved.map(({step, value}) => [step, value])).toEqual([
    [2, 0.5],
    [4, 0.5],
  ])
  expect(outcome.reason).toBe('finished')
})

test.each([2, 4])('interrupted in the evaluation of step %i saves, and resumed begins with it', async due => {
  const controller = new AbortController()
  vi.mocked(evaluateSet).mockImplementation(async () => {
    if (vi.mocked(evaluateSet).mock.calls.length < due / 2) return measured
    controller.abort(new Error('enough'))
    throw controller.signal.reason
  })
  const first = await run({signal: controller.signal})
  expect(first.outcome.reason).toBe('interrupted')
  expect(first.events.at(-1)).toBe(`step ${due}`)
  const position = first.saved.at(-1)
  expect(position).toMatchObject({step: due, value: null, evaluated: false})
  vi.mocked(evaluateSet).mockReset().mockResolvedValue(measured)
  const rest = await run({start: position!, savedStep: due})
  expect(rest.outcome.reason).toBe('finished')
  expect(rest.events[0]).toBe(`evaluation ${due}`)
  expect(rest.saved[0]).toMatchObject({step: due, value: 0.5, evaluated: true})
  expect(rest.saved.at(-1)).toMatchObject({step: 4, evaluated: true})
})

test('an evaluation that fails for another reason ends the run', async () => {
  vi.mocked(evaluateSet).mockRejectedValue(new Error('no memory'))
  await expect(run()).rejects.toThrow('no memory')
})

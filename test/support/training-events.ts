import type {MetricLine} from '../../src/pipeline/training/metrics/metric-line.js'
import type {TrainEvent, TrainEventOf} from '../../src/pipeline/training/train-events.js'

export const planEvent = (change: Partial<TrainEventOf<'plan'>> = {}): TrainEventOf<'plan'> => ({
  type: 'plan',
  task: 'ctc',
  engine: {
    name: 'ort-cpu',
    reason: 'the default without a GPU',
    rejected: [{name: 'ort-cuda', reason: 'no GPU\nat all'}],
  },
  parameters: 1_234_567,
  trainable: 1_234_567,
  train: [
    {dataset: 'digits', hash: 'a'.repeat(64), utterances: 2250, seconds: 5400},
    {dataset: 'readings', hash: null, utterances: 750, seconds: 1800},
  ],
  dev: [{dataset: 'digits-dev', hash: 'b'.repeat(64), utterances: 250, seconds: 600}],
  steps: 400,
  epochs: 8,
  resumedStep: null,
  folder: 'models/digits',
  sources: [],
  notes: [],
  skipped: [],
  warnings: [],
  ...change,
})

export const stepEvent = (step: number, change: Partial<TrainEventOf<'step'>> = {}): TrainEventOf<'step'> => ({
  type: 'step',
  step,
  epoch: step / 50,
  loss: 100 / step,
  parts: {characters: 60 / step, phones: 40 / step},
  learningRate: 0.002,
  gradientNorm: 1.5,
  framesPerSecond: 12_345,
  audioSecondsPerSecond: 123.45,
  secondsLeft: 400 - step,
  ...change,
})

export const evaluationEvent = (
  step: number,
  wer: number,
  change: Partial<TrainEventOf<'evaluation'>> = {},
): TrainEventOf<'evaluation'> => ({
  type: 'evaluation',
  step,
  epoch: step / 50,
  seconds: 2.5,
  results: [
    {
      dataset: 'digits-dev',
      utterances: 250,
      metrics: {wer, cer: wer / 2, loss: 2 * wer},
      examples: [{id: 'theo-7', reference: 'five two', hypothesis: 'fove two'}],
    },
  ],
  best: false,
  ...change,
})

export const checkpointEvent = (step: number): TrainEventOf<'checkpoint'> => ({
  type: 'checkpoint',
  step,
  folder: `models/digits/checkpoint-${step}`,
  kept: [`models/digits/checkpoint-${step}`],
  removed: [],
})

export const doneEvent = (change: Partial<TrainEventOf<'done'>> = {}): TrainEventOf<'done'> => ({
  type: 'done',
  reason: 'finished',
  steps: 400,
  epochs: 8,
  seconds: 750,
  best: {
    step: 300,
    dataset: 'digits-dev',
    metric: 'wer',
    value: 0.196,
    folder: 'models/digits/checkpoint-300',
    averaged: [],
  },
  folder: 'models/digits',
  ...change,
})

/** A run whose best evaluation is the third of four. */
export const runEvents: readonly TrainEvent[] = [
  planEvent(),
  stepEvent(1),
  stepEvent(100),
  evaluationEvent(100, 0.9, {best: true}),
  stepEvent(200),
  evaluationEvent(200, 0.4, {best: true}),
  {type: 'skipped', audio: 'broken.wav', reason: 'broken.wav is damaged'},
  stepEvent(300),
  evaluationEvent(300, 0.196, {best: true}),
  checkpointEvent(300),
  stepEvent(400),
  evaluationEvent(400, 0.25),
  checkpointEvent(400),
  doneEvent(),
]

/** A second apart. */
export const linesOf = (events: readonly TrainEvent[]): MetricLine[] =>
  events.map((event, index) => ({time: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(), event}))

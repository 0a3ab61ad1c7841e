import {buildTrainingReport} from '../../src/pipeline/training/build-training-report.js'
import type {TrainEvent} from '../../src/pipeline/training/train-events.js'
import type {TrainingReport} from '../../src/pipeline/training/training-report.js'
import {linesOf, runEvents} from './training-events.js'

export const trainingFacts = {
  name: 'digits',
  configuration: {task: 'ctc', optimizer: {learningRate: 0.002, betas: [0.9, 0.98]}, seed: 1, output: {}},
  environment: {
    version: '0.1.0',
    commit: null,
    node: '20.19.0',
    onnxruntime: '1.30.0',
    platform: 'linux x64',
    cpu: 'cpu',
    cores: 2,
    memoryBytes: 2 ** 30,
    gpu: null,
    device: 'cpu',
  },
  command: 'lingulu train digits.json',
  warnings: [],
  model: {architecture: 'speech-encoder', hash: 'c'.repeat(64), bytes: 4_940_000},
} as const satisfies Parameters<typeof buildTrainingReport>[1]

export const trainingReport = (
  change: Partial<TrainingReport> = {},
  events: readonly TrainEvent[] = runEvents,
): TrainingReport => ({...buildTrainingReport(linesOf(events), {...trainingFacts}), ...change})

/* Entry of a process that train-engines.ts measures. */
import {answerQuestions} from '../../src/pipeline/runtime/asked-process.js'
import {SUBSAMPLING, speechEncoder} from '../../src/pipeline/training/architectures/speech-encoder.js'
import {ctcLoss} from '../../src/pipeline/training/ctc-loss.js'
import type {EngineName} from '../../src/pipeline/training/engine/engine-names.js'
import {initialParameters, sizeOfAll} from '../../src/pipeline/training/engine/parameters.js'
import {startEngine} from '../../src/pipeline/training/engine/start-engine.js'
import type {TrainingEngine} from '../../src/pipeline/training/engine/training-engine.js'
import {linear} from '../../src/pipeline/training/layers/linear.js'
import {encoderInputs} from '../../src/pipeline/training/tasks/encoder-inputs.js'
import {someTensor, someValues} from '../support/training-models.js'

export interface TrainQuestion {
  readonly engine: EngineName
  readonly threads: number
  readonly steps: number
}

export interface Measured {
  readonly milliseconds: readonly number[]
  /** Of all threads, per step: what counts where others compute beside it. */
  readonly cpuMilliseconds: number
  readonly loss: number
  readonly parameters: number
}

const [ROWS, FRAMES, MELS, CLASSES, LABELS] = [16, 320, 80, 30, 20]
const SIZES = {mels: MELS, width: 144, layers: 6, heads: 4, feedForward: 576, kernel: 15, dropout: 0.1}

const lengths = new Array<number>(ROWS).fill(FRAMES)
const batch = encoderInputs({features: someTensor([ROWS, FRAMES, MELS], 1), lengths, rows: []}, SIZES)
const labels = lengths.map((_, row) => Array.from({length: LABELS}, (__, at) => 1 + ((row + at * 7) % (CLASSES - 1))))

let engine: TrainingEngine | undefined
let noise = 0

answerQuestions<TrainQuestion, Measured>(async ({engine: name, threads, steps}) => {
  engine ??= await open(name, threads)
  const milliseconds: number[] = []
  let loss = Number.NaN
  const before = process.cpuUsage()
  for (let step = 0; step < steps; step++) {
    const started = performance.now()
    const gradients = await engine.gradients(
      batch,
      ({values}) => {
        const frames = FRAMES / SUBSAMPLING
        const found = ctcLoss({
          logits: values,
          frames,
          classes: CLASSES,
          lengths: lengths.map(() => frames),
          labels,
          blank: 0,
        })
        loss = found.losses.reduce((sum, one) => sum + one, 0) / ROWS
        return found.gradient
      },
      noise++,
    )
    await engine.update(gradients, {rate: 1e-3, scale: 1 / ROWS})
    milliseconds.push(performance.now() - started)
  }
  const {user, system} = process.cpuUsage(before)
  return {milliseconds, cpuMilliseconds: (user + system) / 1000 / steps, loss, parameters: sizeOfAll(engine.places)}
})

function open(name: EngineName, threads: number): Promise<TrainingEngine> {
  const random = someValues(4_000_000, 3).map(value => (value + 1) / 2)
  let drawn = 0
  return startEngine(name, ops => linear(ops, speechEncoder(ops, SIZES), 'head', CLASSES), {
    threads,
    adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 5},
    frozen: new Map(),
    initial: places => ({
      parameters: initialParameters(places, () => random[drawn++] ?? 0),
      first: new Float32Array(sizeOfAll(places)),
      second: new Float32Array(sizeOfAll(places)),
      steps: 0,
    }),
  })
}

import {selfAttention} from '../layers/attention.js'
import {layerNorm} from '../layers/layer-norm.js'
import {linear} from '../layers/linear.js'
import type {EngineName} from './engine-names.js'
import type {Ops} from './ops.js'
import {type ParameterPlace, sizeOfAll} from './parameters.js'
import {startEngine} from './start-engine.js'
import type {Batch, TrainingState, Values} from './training-engine.js'

const [BATCH, TIME, INPUTS, WIDTH, CLASSES] = [2, 4, 6, 8, 5]
const ROWS = BATCH * TIME

/** Mean cross-entropy before each of three steps, by PyTorch 2.13.0 (`test/data/training-reference/layers/README.md`). */
export const PROBE_LOSSES: readonly number[] = [2.390334, 2.108459, 1.892841]

/** Float32 sums in another order. */
const TOLERANCE = 1e-4

const OPTIMIZER = {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 5}
const RATE = 0.01

export type ProbeSteps =
  | {readonly right: true; readonly milliseconds: number; readonly loss: number}
  | {readonly right: false; readonly losses: readonly number[]}

/**
 * Trains a tiny model for three steps: attention, layer norm, cross-entropy, AdamW.
 *
 * @returns the time of the fastest step, and whether the losses are PyTorch's
 * @throws LinguluError PROVIDER_UNAVAILABLE, and whatever the engine throws
 */
export async function probeSteps(name: EngineName): Promise<ProbeSteps> {
  const engine = await startEngine(name, probeModel, {
    threads: 1,
    adamW: OPTIMIZER,
    frozen: new Map(),
    initial: probeState,
  })
  const losses: number[] = []
  let milliseconds = Number.POSITIVE_INFINITY
  const loss = ({values}: Values<Float32Array>) => {
    losses.push(-values.reduce((sum, value) => sum + value, 0) / ROWS)
    return new Float32Array(ROWS).fill(-1)
  }
  for (const noise of PROBE_LOSSES.keys()) {
    const started = performance.now()
    await engine.update(await engine.gradients(probeBatch(), loss, noise), {rate: RATE, scale: 1 / ROWS})
    milliseconds = Math.min(milliseconds, performance.now() - started)
  }
  await engine.close()
  // NaN is not near anything.
  const right = PROBE_LOSSES.every((wanted, step) => Math.abs((losses[step] ?? Number.NaN) - wanted) < TOLERANCE)
  return right ? {right, milliseconds, loss: losses.at(-1) ?? Number.NaN} : {right, losses}
}

/** Log-probabilities of the ids, [batch, time]. */
function probeModel<T>(ops: Ops<T>): T {
  const hidden = ops.tanh(linear(ops, ops.input('x', ['batch', 'time', INPUTS]), 'in', WIDTH))
  const heard = selfAttention(ops, layerNorm(ops, hidden, 'norm'), 'attention', {heads: 2})
  const logits = linear(ops, ops.add(hidden, heard), 'out', CLASSES)
  return ops.pick(ops.logSoftmax(logits), ops.input('ids', ['batch', 'time'], 'int64'))
}

function probeState(places: readonly ParameterPlace[]): TrainingState {
  const size = sizeOfAll(places)
  const parameters = new Float32Array(size)
  for (const {name, start, end} of places)
    for (let index = 0; index < end - start; index++)
      parameters[start + index] = 0.5 * Math.sin(index + 1 + name.length)
  return {parameters, first: new Float32Array(size), second: new Float32Array(size), steps: 0}
}

function probeBatch(): Batch {
  const x = Float32Array.from({length: ROWS * INPUTS}, (_, index) => Math.cos(index))
  const ids = Int32Array.from({length: ROWS}, (_, index) => index % CLASSES)
  return {x: {values: x, shape: [BATCH, TIME, INPUTS]}, ids: {values: ids, shape: [BATCH, TIME]}}
}

import type {WhisperConfig} from '../../export/whisper/config.js'
import type {Ops} from '../engine/ops.js'
import {gelu} from '../layers/activations.js'
import {type LowRank, lowRankChange} from '../layers/low-rank.js'

/** What of a Whisper is trained, and how. */
export interface WhisperTraining {
  /** Share of values that training sets to 0 in what each part of a layer adds. */
  readonly dropout: number
  /** Whether the weights of the encoder stay as they are. */
  readonly freezeEncoder: boolean
  /** With it all weights stay as they are but the changes of the linear layers with these last names. */
  readonly lowRank?: (LowRank & {readonly targets: readonly string[]}) | undefined
}

/** A Whisper that is used: no dropout, no changes beside the weights. */
export const AS_IT_IS: WhisperTraining = {dropout: 0, freezeEncoder: false}

/** The layers of a Whisper. Parameters have Hugging Face's names; matrices are [inputs, outputs]. */
export interface WhisperLayers<T> {
  readonly ops: Ops<T>
  readonly config: WhisperConfig
  parameter(name: string, shape: readonly number[]): T
  linear(x: T, name: string, outputs: number, options?: {readonly bias: boolean}): T
  norm(x: T, name: string): T
  activate(x: T): T
  /** Lets dropout pass over what a layer adds. */
  dropout(x: T): T
}

const EPSILON = 1e-5
const ENCODER = 'model.encoder.'

export function whisperLayers<T>(ops: Ops<T>, config: WhisperConfig, training: WhisperTraining): WhisperLayers<T> {
  const parameter = (name: string, shape: readonly number[]) =>
    ops.parameter(name, shape, {trainable: isTrained(name, training)})
  return {
    ops,
    config,
    parameter,
    linear(x, name, outputs, {bias} = {bias: true}) {
      const inputs = Number(ops.shapeOf(x).at(-1))
      const product = ops.matMul(x, parameter(`${name}.weight`, [inputs, outputs]))
      const made = bias ? ops.add(product, parameter(`${name}.bias`, [outputs])) : product
      const {lowRank} = training
      return lowRank !== undefined && isAdapted(name, training)
        ? ops.add(made, lowRankChange(ops, x, name, outputs, lowRank))
        : made
    },
    norm(x, name) {
      const {d_model: width} = config
      return ops.layerNorm(x, parameter(`${name}.weight`, [width]), parameter(`${name}.bias`, [width]), EPSILON)
    },
    activate: x => ACTIVATIONS[config.activation_function](ops, x),
    dropout: x => ops.dropout(x, training.dropout),
  }
}

/** Whether a weight of the checkpoint is trained. */
function isTrained(name: string, {freezeEncoder, lowRank}: WhisperTraining): boolean {
  return lowRank === undefined && !(freezeEncoder && name.startsWith(ENCODER))
}

/** Whether a linear layer gets a low-rank change. */
export function isAdapted(layer: string, {freezeEncoder, lowRank}: WhisperTraining): boolean {
  if (lowRank === undefined || (freezeEncoder && layer.startsWith(ENCODER))) return false
  return lowRank.targets.includes(layer.slice(layer.lastIndexOf('.') + 1))
}

type Activate = <T>(ops: Ops<T>, x: T) => T

const ACTIVATIONS: Readonly<Record<WhisperConfig['activation_function'], Activate>> = {
  gelu,
  relu: (ops, x) => ops.relu(x),
  gelu_new: geluByTanh,
  gelu_pytorch_tanh: geluByTanh,
}

/** The approximation of Hendrycks and Gimpel, arXiv:1606.08415, section 2. */
function geluByTanh<T>(ops: Ops<T>, x: T): T {
  const scalar = (value: number) => ops.constant([value], [])
  const cube = ops.multiply(ops.multiply(x, x), x)
  const sum = ops.add(x, ops.multiply(cube, scalar(0.044715)))
  const inner = ops.add(ops.tanh(ops.multiply(sum, scalar(Math.sqrt(2 / Math.PI)))), scalar(1))
  return ops.multiply(ops.multiply(x, scalar(0.5)), inner)
}

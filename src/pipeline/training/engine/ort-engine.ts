import {toBinary} from '@bufbuild/protobuf'
import type {InferenceSession, Tensor} from 'onnxruntime-node'
import type {Model} from '../../onnx/model.js'
import {ModelProtoSchema} from '../../onnx/onnx-ml_pb.js'
import {loadOnnxRuntime, toRuntimeOptions} from '../../runtime/onnx-runtime.js'
import {differentiate} from './gradients.js'
import {buildStepGraphs, type StepGraphs} from './graphs.js'
import {decayMask, type ParameterPlace, placeParameters} from './parameters.js'
import type {Tape} from './tape.js'
import {type AdamWOptions, buildUpdateGraph} from './update-graph.js'
import type {Variable} from './variable.js'

/** Weights and the moments of AdamW, one vector each, and how many steps they have seen. */
export interface TrainingState {
  readonly parameters: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
  readonly steps: number
}

/** What the first pass leaves for the second. */
export interface ForwardResult {
  readonly output: Float32Array
  readonly shape: readonly number[]
  readonly kept: Readonly<Record<string, Tensor>>
}

export type Batch = Readonly<Record<string, Tensor>>

type Runtime = typeof import('onnxruntime-node')

interface Sessions {
  readonly forward: InferenceSession
  readonly backward: InferenceSession
  readonly update: InferenceSession
}

/** Trains a model on ONNX Runtime: its forward pass, its backward pass and AdamW are graphs. */
export class OrtEngine {
  readonly places: readonly ParameterPlace[]
  readonly #runtime: Runtime
  readonly #graphs: StepGraphs
  readonly #sessions: Sessions
  readonly #decayed: Float32Array
  #state: TrainingState
  #weights: Readonly<Record<string, Tensor>> = {}

  private constructor(
    runtime: Runtime,
    graphs: StepGraphs,
    sessions: Sessions,
    places: readonly ParameterPlace[],
    state: TrainingState,
  ) {
    this.#runtime = runtime
    this.#graphs = graphs
    this.#sessions = sessions
    this.places = places
    this.#decayed = decayMask(places)
    this.#state = state
    this.#takeWeights()
  }

  /**
   * @param output what the loss is computed of; its gradient is the input `gradient` of the backward pass
   * @param initial gives the weights, once their places are known
   */
  static async open(
    tape: Tape,
    output: Variable,
    {threads, adamW}: {readonly threads: number; readonly adamW: AdamWOptions},
    initial: (places: readonly ParameterPlace[]) => TrainingState,
  ): Promise<OrtEngine> {
    const gradients = differentiate(tape, output, tape.input('gradient', output.shape))
    const graphs = buildStepGraphs(output, gradients, tape)
    const shapes = new Map([...gradients].map(([name, {shape}]) => [name, shape.map(Number)] as const))
    const places = placeParameters(shapes)
    const runtime = await loadOnnxRuntime()
    const open = (model: Model) =>
      runtime.InferenceSession.create(
        toBinary(ModelProtoSchema, model.proto),
        toRuntimeOptions({provider: 'cpu', threads}),
      )
    const sessions = {
      forward: await open(graphs.forward.model),
      backward: await open(graphs.backward.model),
      update: await open(buildUpdateGraph(adamW)),
    }
    return new OrtEngine(runtime, graphs, sessions, places, initial(places))
  }

  get state(): TrainingState {
    return this.#state
  }

  tensor(values: Float32Array, shape: readonly number[]): Tensor {
    return new this.#runtime.Tensor('float32', values, shape)
  }

  async forward(batch: Batch, {keep = true} = {}): Promise<ForwardResult> {
    const {inputs} = this.#graphs.forward
    const feeds = pick(inputs, {...this.#weights, ...batch})
    const wanted = keep ? [...new Set(['output', ...this.#graphs.kept])] : ['output']
    const outputs = await this.#sessions.forward.run(feeds, wanted)
    const {output, ...kept} = outputs
    if (output === undefined) throw new Error('The forward pass gives its output.')
    return {output: output.data as Float32Array, shape: output.dims, kept: {...kept, output}}
  }

  /** The gradients of all parameters, in one vector. */
  async backward(batch: Batch, {kept, shape}: ForwardResult, gradient: Float32Array): Promise<Float32Array> {
    const {inputs} = this.#graphs.backward
    const feeds = pick(inputs, {...this.#weights, ...batch, ...kept, gradient: this.tensor(gradient, shape)})
    const {gradients} = await this.#sessions.backward.run(feeds)
    return gradients?.data as Float32Array
  }

  /** Takes one step. Gives the norm of the gradient before it was clipped. */
  async update(
    gradients: Float32Array,
    {
      rate,
      scale,
      beta1,
      beta2,
    }: {readonly rate: number; readonly scale: number; readonly beta1: number; readonly beta2: number},
  ): Promise<number> {
    const {parameters, first, second} = this.#state
    const steps = this.#state.steps + 1
    const vector = (values: Float32Array) => this.tensor(values, [values.length])
    const scalar = (value: number) => this.tensor(Float32Array.of(value), [])
    const outputs = await this.#sessions.update.run({
      parameters: vector(parameters),
      gradients: vector(gradients),
      first: vector(first),
      second: vector(second),
      decayed: vector(this.#decayed),
      scale: scalar(scale),
      rate: scalar(rate),
      correction1: scalar(1 - beta1 ** steps),
      correction2: scalar(1 - beta2 ** steps),
    })
    const data = (name: string) => outputs[name]?.data as Float32Array
    this.#state = {parameters: data('parameters_out'), first: data('first_out'), second: data('second_out'), steps}
    this.#takeWeights()
    return data('norm')[0] as number
  }

  /** Weights are views of the vector of all: nothing is copied on the way to a graph. */
  #takeWeights(): void {
    const {parameters} = this.#state
    this.#weights = Object.fromEntries(
      this.places.map(({name, shape, start, end}) => [name, this.tensor(parameters.subarray(start, end), shape)]),
    )
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map(session => session.release()))
  }
}

function pick(ports: readonly {readonly name: string}[], values: Batch): Record<string, Tensor> {
  return Object.fromEntries(
    ports.map(({name}) => {
      const value = values[name]
      if (value === undefined) throw new RangeError(`The graph wants ${name}.`)
      return [name, value]
    }),
  )
}

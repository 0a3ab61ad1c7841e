import {toBinary} from '@bufbuild/protobuf'
import type {InferenceSession, Tensor} from 'onnxruntime-node'
import type {Model} from '../../onnx/model.js'
import {ModelProtoSchema} from '../../onnx/onnx-ml_pb.js'
import {loadOnnxRuntime, toRuntimeOptions} from '../../runtime/onnx-runtime.js'
import type {Provider} from '../../runtime/session.js'
import {takeAdamWStep} from './adamw.js'
import {batchSizes} from './batch-sizes.js'
import {clippingOf} from './clip-factor.js'
import {DropoutMasks, type DropoutSite, dropoutSites} from './dropout-masks.js'
import {differentiate} from './gradients.js'
import {buildGraph, buildStepGraphs, type Port, type StepGraphs, type TapeGraph} from './graphs.js'
import {OutputBuffers} from './output-buffers.js'
import {decayMask, type ParameterPlace, placeParameters} from './parameters.js'
import {MASK_OFFSETS, maskPool, Tape} from './tape.js'
import type {
  AdamWOptions,
  Batch,
  BuildModel,
  LossGradient,
  OpenEngineOptions,
  TrainingEngine,
  TrainingState,
  UpdateOptions,
  Values,
} from './training-engine.js'

type Runtime = typeof import('onnxruntime-node')
type Feeds = Record<string, Tensor>

interface Sessions {
  readonly forward: InferenceSession
  readonly backward: InferenceSession
  readonly infer: InferenceSession
}

interface Plan {
  readonly graphs: StepGraphs
  readonly infer: TapeGraph
  readonly places: readonly ParameterPlace[]
  readonly sites: readonly DropoutSite[]
}

/**
 * Trains a model on ONNX Runtime: its forward pass and its backward pass are graphs.
 *
 * @param options.provider where the graphs run; default cpu
 */
export async function openOrtEngine(
  build: BuildModel,
  {provider = 'cpu', ...options}: OpenEngineOptions & {readonly provider?: Provider | undefined},
): Promise<TrainingEngine> {
  const plan = planModel(build)
  const runtime = await loadOnnxRuntime()
  const open = ({proto}: Model) =>
    runtime.InferenceSession.create(
      toBinary(ModelProtoSchema, proto),
      toRuntimeOptions({provider, threads: options.threads}),
    )
  const opened: InferenceSession[] = []
  try {
    for (const model of [plan.graphs.forward.model, plan.graphs.backward.model, plan.infer.model])
      opened.push(await open(model))
  } catch (error) {
    await Promise.all(opened.map(session => session.release()))
    throw error
  }
  const [forward, backward, infer] = opened as [InferenceSession, InferenceSession, InferenceSession]
  const sessions = {forward, backward, infer}
  return new OrtEngine(runtime, `ort-${provider}`, plan, sessions, options)
}

function planModel(build: BuildModel): Plan {
  const tape = new Tape()
  const output = build(tape)
  const gradients = differentiate(tape, output, tape.input('gradient', output.shape))
  const shapes = new Map([...gradients].map(([name, {shape}]) => [name, shape.map(Number)] as const))
  const used = new Tape({training: false})
  return {
    graphs: buildStepGraphs(output, gradients, tape),
    infer: buildGraph('infer', new Map([['output', build(used)]])),
    places: placeParameters(shapes),
    sites: dropoutSites(tape.variables),
  }
}

class OrtEngine implements TrainingEngine {
  readonly name: string
  readonly places: readonly ParameterPlace[]
  readonly #runtime: Runtime
  readonly #plan: Plan
  readonly #sessions: Sessions
  readonly #adamW: AdamWOptions
  readonly #decayed: Float32Array
  readonly #frozen: Readonly<Feeds>
  readonly #masks: DropoutMasks
  readonly #outputs = new OutputBuffers()
  #state: TrainingState
  readonly #weights: Readonly<Feeds>

  constructor(
    runtime: Runtime,
    name: string,
    plan: Plan,
    sessions: Sessions,
    {adamW, frozen, initial}: OpenEngineOptions,
  ) {
    this.name = name
    this.places = plan.places
    this.#runtime = runtime
    this.#plan = plan
    this.#sessions = sessions
    this.#adamW = adamW
    this.#decayed = decayMask(plan.places)
    this.#masks = new DropoutMasks(plan.sites)
    const ports = [...plan.graphs.forward.inputs, ...plan.infer.inputs]
    this.#frozen = Object.fromEntries(
      [...frozen].flatMap(([weight, values]) => {
        const port = ports.find(({name: wanted}) => wanted === weight)
        return port === undefined ? [] : [[weight, this.#tensor(values, port.shape.map(Number))]]
      }),
    )
    // Copies, as they are changed in place: callers keep theirs.
    const {parameters, first, second, steps} = initial(plan.places)
    this.#state = {parameters: parameters.slice(), first: first.slice(), second: second.slice(), steps}
    this.#weights = this.#viewWeights()
  }

  async state(): Promise<TrainingState> {
    return this.#state
  }

  async gradients(batch: Batch, loss: LossGradient, noise: number): Promise<Float32Array> {
    const {forward, backward} = this.#plan.graphs
    const given = {...this.#frozen, ...this.#weights, ...this.#feeds(batch), ...this.#dropout(batch, noise)}
    const outputs = await this.#sessions.forward.run(pick(forward.inputs, given), this.#fetches(batch))
    const {output} = outputs
    if (output === undefined) throw new Error('The forward pass gives its output.')
    const gradient = loss({values: output.data as Float32Array, shape: output.dims})
    const feeds = {...given, ...outputs, gradient: this.#tensor(gradient, output.dims)}
    const {gradients} = await this.#sessions.backward.run(pick(backward.inputs, feeds))
    return gradients?.data as Float32Array
  }

  async infer(batch: Batch): Promise<Values<Float32Array>> {
    const feeds = pick(this.#plan.infer.inputs, {...this.#frozen, ...this.#weights, ...this.#feeds(batch)})
    const {output} = await this.#sessions.infer.run(feeds)
    if (output === undefined) throw new Error('The model gives its output.')
    return {values: output.data as Float32Array, shape: output.dims}
  }

  async load(parameters: Float32Array): Promise<void> {
    this.#state.parameters.set(parameters)
  }

  async update(gradients: Float32Array, {rate, scale}: UpdateOptions): Promise<number> {
    const {parameters, first, second} = this.#state
    const steps = this.#state.steps + 1
    const {factor, norm} = clippingOf(gradients, {scale, maxGradientNorm: this.#adamW.maxGradientNorm})
    const vectors = {parameters, first, second, gradients, decayed: this.#decayed}
    takeAdamWStep(vectors, {rate, factor, step: steps}, this.#adamW)
    this.#state = {parameters, first, second, steps}
    return norm
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map(session => session.release()))
  }

  /** Where the forward pass is to write what the backward pass takes: into the same memory at each step. */
  #fetches(batch: Batch): Record<string, Tensor | null> {
    const {forward, kept} = this.#plan.graphs
    const wanted = new Set(['output', ...kept])
    const sizesOf = batchSizes(new Map(forward.inputs.map(({name, shape}) => [name, shape] as const)), batch)
    const outputs = forward.outputs.filter(({name}) => wanted.has(name))
    return Object.fromEntries(
      outputs.map(({name, shape, element}) => {
        // Integers are few.
        if (element !== 'float32') return [name, null]
        const sizes = sizesOf(shape)
        return [name, this.#tensor(this.#outputs.take(name, sizes), sizes)]
      }),
    )
  }

  /** Weights are views of the vector of all: nothing is copied on the way to a graph. */
  #viewWeights(): Feeds {
    const {parameters} = this.#state
    return Object.fromEntries(
      this.places.map(({name, shape, start, end}) => [name, this.#tensor(parameters.subarray(start, end), shape)]),
    )
  }

  #dropout(batch: Batch, noise: number): Feeds {
    const inputs = new Map(this.#plan.graphs.forward.inputs.map(({name, shape}) => [name, shape] as const))
    const {pools, offsets} = this.#masks.draw(inputs, batch, noise)
    const masks = [...pools].map(([rate, values]) => [maskPool(rate), {values, shape: [values.length]}] as const)
    return this.#feeds({...Object.fromEntries(masks), [MASK_OFFSETS]: {values: offsets, shape: [offsets.length]}})
  }

  #feeds(batch: Batch): Feeds {
    return Object.fromEntries(
      Object.entries(batch).map(([name, {values, shape}]) => [
        name,
        values instanceof Float32Array
          ? this.#tensor(values, shape)
          : new this.#runtime.Tensor('int64', BigInt64Array.from(values, BigInt), shape),
      ]),
    )
  }

  #tensor(values: Float32Array, shape: readonly number[]): Tensor {
    return new this.#runtime.Tensor('float32', values, shape)
  }
}

function pick(ports: readonly Port[], values: Readonly<Feeds>): Feeds {
  return Object.fromEntries(
    ports.map(({name}) => {
      const value = values[name]
      if (value === undefined) throw new RangeError(`The graph wants ${name}.`)
      return [name, value]
    }),
  )
}

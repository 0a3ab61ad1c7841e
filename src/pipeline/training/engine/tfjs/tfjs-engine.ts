import {clippingOf} from '../clip-factor.js'
import {DropoutMasks} from '../dropout-masks.js'
import type {TfjsEngineName} from '../engine-names.js'
import {decayMask, type ParameterPlace} from '../parameters.js'
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
} from '../training-engine.js'
import {type LoadedTfjs, loadTfjs} from './load-tfjs.js'
import {type ModelPlan, planModel} from './plan-model.js'
import type {Tensor, Tensor1D, TensorFlow} from './tensorflow.js'
import {adamW, type StateTensors} from './tfjs-adamw.js'
import {TfjsOps, type TfjsValues} from './tfjs-ops.js'

/**
 * Trains a model with TensorFlow.js.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE if TensorFlow.js is not installed or does not start
 */
export async function openTfjsEngine(
  build: BuildModel,
  {backend, ...options}: OpenEngineOptions & {readonly backend: TfjsEngineName},
): Promise<TrainingEngine> {
  const plan = planModel(build)
  return new TfjsEngine(backend, await loadTfjs(backend, options), build, plan, options)
}

class TfjsEngine implements TrainingEngine {
  readonly name: string
  readonly places: readonly ParameterPlace[]
  readonly #tf: TensorFlow
  readonly #backend: LoadedTfjs['backend']
  readonly #build: BuildModel
  readonly #plan: ModelPlan
  readonly #adamW: AdamWOptions
  readonly #frozen: ReadonlyMap<string, Tensor>
  readonly #decayed: Tensor
  readonly #masks: DropoutMasks
  readonly #pools = new Map<Float32Array, Tensor1D>()
  #state: StateTensors
  #steps: number
  #weights: readonly Tensor[]

  constructor(
    name: TfjsEngineName,
    {tf, backend}: LoadedTfjs,
    build: BuildModel,
    plan: ModelPlan,
    {adamW, frozen, initial}: OpenEngineOptions,
  ) {
    this.name = name
    this.places = plan.places
    this.#tf = tf
    this.#backend = backend
    this.#build = build
    this.#plan = plan
    this.#adamW = adamW
    const {parameters, first, second, steps} = initial(plan.places)
    this.#steps = steps
    this.#frozen = new Map(
      [...plan.frozen].flatMap(([weight, shape]) => {
        const values = frozen.get(weight)
        return values === undefined ? [] : [[weight, tf.tensor(values, [...shape])]]
      }),
    )
    this.#decayed = tf.tensor1d(decayMask(plan.places))
    this.#masks = new DropoutMasks(plan.sites)
    // Copies: a backend may keep the array that it is given, and whoever gave it may change it.
    const vector = (values: Float32Array) => tf.tensor1d(values.slice())
    this.#state = {parameters: vector(parameters), first: vector(first), second: vector(second)}
    this.#weights = this.#cutWeights()
  }

  async state(): Promise<TrainingState> {
    return this.#onBackend(() => {
      const {parameters, first, second} = this.#state
      return {parameters: read(parameters), first: read(first), second: read(second), steps: this.#steps}
    })
  }

  async gradients(batch: Batch, loss: LossGradient, noise: number): Promise<Float32Array> {
    const tf = this.#tf
    const dropout = await this.#onBackend(() => this.#dropout(batch, noise))
    return this.#onBackend(() =>
      readOnce(
        tf.tidy(() => {
          const inputs = this.#inputs(batch)
          const lossOf = tf.grads((...weights: Tensor[]) => {
            const tensors = new Map([...inputs, ...this.#named(weights)])
            return this.#lossOf(this.#build(new TfjsOps(tf, {tensors, dropout})), loss)
          })
          return tf.concat(lossOf([...this.#weights]).map(gradient => tf.reshape(gradient, [-1])))
        }),
      ),
    )
  }

  async infer(batch: Batch): Promise<Values<Float32Array>> {
    return this.#onBackend(() => {
      const output = this.#tf.tidy(() => {
        const tensors = new Map([...this.#inputs(batch), ...this.#named(this.#weights)])
        // A model may give a weight as it is, which must outlive what is made here.
        return this.#tf.clone(this.#build(new TfjsOps(this.#tf, {tensors})))
      })
      const {shape} = output
      return {values: readOnce(output), shape}
    })
  }

  async load(parameters: Float32Array): Promise<void> {
    await this.#onBackend(() => {
      this.#tf.dispose([...this.#weights, this.#state.parameters])
      this.#state = {...this.#state, parameters: this.#tf.tensor1d(parameters.slice())}
      this.#weights = this.#cutWeights()
    })
  }

  async update(gradients: Float32Array, {rate, scale}: UpdateOptions): Promise<number> {
    const tf = this.#tf
    const {factor, norm} = clippingOf(gradients, {scale, maxGradientNorm: this.#adamW.maxGradientNorm})
    return this.#onBackend(() => {
      const step = this.#steps + 1
      const options = {...this.#adamW, decayed: this.#decayed, rate, factor, step}
      const state = tf.tidy(() => adamW(tf, this.#state, tf.tensor1d(gradients), options))
      tf.dispose([...this.#weights, this.#state.parameters, this.#state.first, this.#state.second])
      this.#state = state
      this.#steps = step
      this.#weights = this.#cutWeights()
      return norm
    })
  }

  async close(): Promise<void> {
    const {parameters, first, second} = this.#state
    this.#tf.dispose([
      ...this.#weights,
      ...this.#frozen.values(),
      parameters,
      first,
      second,
      this.#decayed,
      ...this.#pools.values(),
    ])
  }

  /** Engines of one process share TensorFlow.js, which has one backend at a time. */
  async #onBackend<Result>(compute: () => Result): Promise<Result> {
    if (this.#tf.getBackend() === this.#backend) return compute()
    // What is started already becomes the current one at once.
    const chosen = this.#tf.setBackend(this.#backend)
    const result = compute()
    await chosen
    return result
  }

  #cutWeights(): Tensor[] {
    const {parameters} = this.#state
    return this.#tf.tidy(() =>
      this.places.map(({shape, start, end}) =>
        this.#tf.reshape(this.#tf.slice(parameters, [start], [end - start]), [...shape]),
      ),
    )
  }

  #named(weights: readonly Tensor[]): ReadonlyMap<string, Tensor> {
    return new Map([
      ...this.#frozen,
      ...this.places.flatMap(({name}, index) => {
        const weight = weights[index]
        return weight === undefined ? [] : [[name, weight] as const]
      }),
    ])
  }

  #inputs(batch: Batch): ReadonlyMap<string, Tensor> {
    return new Map(
      Object.entries(batch).map(([name, {values, shape}]) => [
        name,
        this.#tf.tensor(values, [...shape], values instanceof Float32Array ? 'float32' : 'int32'),
      ]),
    )
  }

  /** A scalar whose gradient is the one that the loss gives. */
  #lossOf(output: Tensor, loss: LossGradient): Tensor {
    const tf = this.#tf
    return tf.customGrad((...given) => {
      const [x, save] = given as [Tensor, (tensors: Tensor[]) => void]
      const gradient = tf.tensor(loss({values: read(x), shape: x.shape}), x.shape)
      save([gradient])
      const gradFunc = (above: Tensor | Tensor[], saved: Tensor[]) => tf.mul(above as Tensor, saved[0] as Tensor)
      return {value: tf.scalar(0), gradFunc}
    })(output)
  }

  #dropout(batch: Batch, noise: number): TfjsValues['dropout'] {
    const {pools, offsets} = this.#masks.draw(this.#plan.inputs, batch, noise)
    return {pools: new Map([...pools].map(([rate, values]) => [rate, this.#poolTensor(values)])), offsets}
  }

  #poolTensor(values: Float32Array): Tensor1D {
    const known = this.#pools.get(values)
    if (known !== undefined) return known
    const tensor = this.#tf.tensor1d(values)
    this.#pools.set(values, tensor)
    return tensor
  }
}

/** Tensors of floats are read as such. */
const read = (tensor: Tensor): Float32Array => tensor.dataSync<'float32'>()

function readOnce(tensor: Tensor): Float32Array {
  const values = read(tensor)
  tensor.dispose()
  return values
}

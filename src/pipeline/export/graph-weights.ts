import {LinguluError} from '../errors.js'
import type {GraphBuilder, Value} from '../onnx/graph-builder.js'
import {memorySource, type WeightSource} from '../onnx/model.js'
import {TensorProto_DataType as DataType} from '../onnx/onnx-ml_pb.js'
import {floatTensor, int64Tensor} from '../onnx/tensor.js'
import type {Checkpoint} from './checkpoint.js'
import {stackedSource, transposedSource, unfoldedSource, weightNormSource} from './derived-source.js'
import {floatSource} from './float-source.js'
import type {StoredTensor} from './safetensors-types.js'

/**
 * Weights and constants of one model, as values of its main graph: subgraphs share them. Each is added when it is first
 * asked for. All checks of names and shapes are made then; nothing is read.
 */
export class GraphWeights {
  readonly #graph: GraphBuilder
  readonly #checkpoint: Checkpoint
  readonly #used: Set<string>
  readonly #values = new Map<string, Value>()

  /** @param used gathers the names of the tensors that were asked for. */
  constructor(graph: GraphBuilder, checkpoint: Checkpoint, used: Set<string>) {
    this.#graph = graph
    this.#checkpoint = checkpoint
    this.#used = used
  }

  has(name: string): boolean {
    return this.#checkpoint.tensors.has(name)
  }

  /** A tensor as the checkpoint has it. @throws LinguluError MODEL_INVALID if it is not there or has another shape. */
  take(name: string, shape: readonly number[]): Value {
    return this.#once(name, () => this.#add(name, shape, name, floatSource(this.#find(name, shape))))
  }

  /** The matrix of a linear layer, [outputs, inputs] in the checkpoint, as [inputs, outputs]. */
  takeTransposed(name: string, inputs: number, outputs: number): Value {
    const key = `${name}:transposed`
    return this.#once(key, () => {
      const source = floatSource(this.#find(name, [outputs, inputs]))
      return this.#add(name, [inputs, outputs], key, transposedSource(source, outputs, inputs))
    })
  }

  /** The matrices of linear layers that read the same, [outputs, inputs] each, as one: [inputs, all outputs]. */
  takeSideBySide(names: readonly string[], inputs: number, outputs: number): Value {
    const key = `${names.join('|')}:transposed`
    return this.#once(key, () => {
      const stacked = stackedSource(names.map(name => floatSource(this.#find(name, [outputs, inputs]))))
      const columns = names.length * outputs
      return this.#add(names.join('|'), [inputs, columns], key, transposedSource(stacked, columns, inputs))
    })
  }

  /** Vectors of one size end to end; zeros where there is no name. */
  takeEndToEnd(names: readonly (string | undefined)[], size: number): Value {
    const shown = names.map(name => name ?? 'zeros').join('|')
    return this.#once(shown, () => {
      const zeros = memorySource(new Uint8Array(4 * size))
      const parts = names.map(name => (name === undefined ? zeros : floatSource(this.#find(name, [size]))))
      return this.#add(shown, [names.length * size], shown, stackedSource(parts))
    })
  }

  /** The weight of a convolution [outputs, inputs, kernel] as a matrix [kernel × inputs, outputs], for unfolded frames. */
  takeUnfolded(name: string, shape: readonly [number, number, number]): Value {
    const [outputs, inputs, kernel] = shape
    const key = `${name}:unfolded`
    return this.#once(key, () => {
      const source = unfoldedSource(floatSource(this.#find(name, shape)), shape)
      return this.#add(name, [kernel * inputs, outputs], key, source)
    })
  }

  /** The weight of a convolution [outputs, inputs, kernel] under weight normalisation, in either of PyTorch's spellings. */
  takeNormalized(name: string, shape: readonly [number, number, number]): Value {
    const [magnitude, direction] = this.has(`${name}_g`)
      ? [`${name}_g`, `${name}_v`]
      : [nameOfPart(name, 0), nameOfPart(name, 1)]
    return this.#once(name, () => {
      const kernel = shape[2]
      const source = weightNormSource(
        floatSource(this.#find(magnitude, [1, 1, kernel])),
        floatSource(this.#find(direction, shape)),
        kernel,
      )
      return this.#add(name, shape, name, source)
    })
  }

  scalar(value: number): Value {
    return this.#once(`float:${value}`, () => this.#graph.constant(floatTensor('scalar', [value], [])))
  }

  integers(values: readonly number[]): Value {
    return this.#once(`integers:${values}`, () => this.#graph.constant(int64Tensor('integers', values)))
  }

  /** One integer, without dimensions. */
  integer(value: number): Value {
    return this.#once(`integer:${value}`, () => this.#graph.constant(int64Tensor('integer', [value], [])))
  }

  #once(key: string, make: () => Value): Value {
    const value = this.#values.get(key) ?? make()
    this.#values.set(key, value)
    return value
  }

  #add(name: string, shape: readonly number[], key: string, source: WeightSource): Value {
    return this.#graph.weight(name, DataType.FLOAT, shape, {key, source})
  }

  #find(name: string, shape: readonly number[]): StoredTensor {
    const {path, tensors} = this.#checkpoint
    const tensor = tensors.get(name)
    const wanted = `[${shape.join(', ')}]`
    if (tensor === undefined)
      throw new LinguluError('MODEL_INVALID', `${path} has no tensor ${JSON.stringify(name)} (${wanted}).`, {
        hint: 'The weights are not those of the model that config.json describes, or only a part of them.',
      })
    if (tensor.shape.join() !== shape.join())
      throw new LinguluError(
        'MODEL_INVALID',
        `${tensor.path}: tensor ${JSON.stringify(name)} has the shape [${tensor.shape.join(', ')}], not ${wanted}.`,
        {hint: 'config.json describes another model: copy it and the weights from one place.'},
      )
    this.#used.add(name)
    return tensor
  }
}

const nameOfPart = (name: string, part: 0 | 1) =>
  `${name.replace(/weight$/, '')}parametrizations.weight.original${part}`

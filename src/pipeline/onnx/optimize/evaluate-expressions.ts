import {create, toBinary} from '@bufbuild/protobuf'
import {loadOnnxRuntime} from '../../runtime/onnx-runtime.js'
import {copyMessage} from '../copy-message.js'
import type {Model} from '../model.js'
import {
  GraphProtoSchema,
  TensorProto_DataLocation as Location,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  ValueInfoProtoSchema,
} from '../onnx-ml_pb.js'
import {DATA_TYPES} from '../runtime-types.js'
import {bytesTensor} from '../tensor.js'
import {bytesOf} from '../tensor-values.js'
import type {Constant, Expression} from './constant-expressions.js'

/** An output of an expression. */
export interface Wanted {
  readonly expression: Expression
  readonly output: number
}

/**
 * Values of expressions, by ONNX Runtime: a model of just their nodes is run in this process. Undefined where ONNX Runtime
 * cannot run them.
 */
export async function evaluateExpressions(
  model: Model,
  wanted: readonly Wanted[],
): Promise<readonly (TensorProto | undefined)[]> {
  const names = new Map<string, string>()
  const nameOf = (key: string) => {
    const name = names.get(key) ?? `v${names.size}`
    names.set(key, name)
    return name
  }
  const outputs = wanted.map(one => nameOf(keyOf(one)))
  const proto = await modelOf(model, wanted, nameOf, outputs)
  const results = await runOnce(proto, outputs)
  return outputs.map(name => results?.get(name))
}

const ids = new WeakMap<Expression, number>()
let count = 0

function keyOf({expression, output}: Wanted): string {
  const id = ids.get(expression) ?? count++
  ids.set(expression, id)
  return `e${id}.${output}`
}

async function modelOf(
  model: Model,
  wanted: readonly Wanted[],
  nameOf: (key: string) => string,
  outputs: readonly string[],
): Promise<ModelProto> {
  const nodes: NodeProto[] = []
  const tensors = new Map<string, TensorProto>()
  const done = new Set<Expression>()
  async function take(constant: Constant | undefined): Promise<string> {
    if (constant === undefined) return ''
    if ('expression' in constant) {
      await add(constant.expression)
      return nameOf(keyOf(constant))
    }
    const name = nameOf(constant.key)
    if (!tensors.has(constant.key)) tensors.set(constant.key, await inline(model, constant.tensor, name))
    return name
  }
  async function add(expression: Expression): Promise<void> {
    if (done.has(expression)) return
    done.add(expression)
    const node = copyMessage(expression.node)
    node.input = []
    for (const input of expression.inputs) node.input.push(await take(input))
    node.output = node.output.map((name, output) => (name === '' ? '' : nameOf(keyOf({expression, output}))))
    nodes.push(node)
  }
  for (const {expression} of wanted) await add(expression)
  const {irVersion, opsetImport} = model.proto
  const graph = create(GraphProtoSchema, {name: 'constants', node: nodes, initializer: [...tensors.values()]})
  graph.output = [...new Set(outputs)].map(name => create(ValueInfoProtoSchema, {name}))
  return create(ModelProtoSchema, {irVersion, opsetImport, graph})
}

async function inline(model: Model, tensor: TensorProto, name: string): Promise<TensorProto> {
  const copy = copyMessage(tensor)
  copy.name = name
  if (tensor.dataLocation !== Location.EXTERNAL) return copy
  const {dataType, dims} = tensor
  return bytesTensor(name, dataType, dims.map(Number), await bytesOf(model, tensor))
}

async function runOnce(proto: ModelProto, outputs: readonly string[]): Promise<Map<string, TensorProto> | undefined> {
  const {InferenceSession} = await loadOnnxRuntime()
  try {
    const session = await InferenceSession.create(toBinary(ModelProtoSchema, proto), {
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 4,
    })
    const results = await session.run({}, [...new Set(outputs)])
    await session.release()
    const found = new Map<string, TensorProto>()
    for (const [name, {type, data, dims}] of Object.entries(results)) {
      const dataType = DATA_TYPES[type]
      if (dataType === undefined || !ArrayBuffer.isView(data)) continue
      found.set(name, bytesTensor(name, dataType, dims, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)))
    }
    return found
  } catch {
    return undefined
  }
}

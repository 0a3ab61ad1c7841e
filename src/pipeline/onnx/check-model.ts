import {LinguluError} from '../errors.js'
import {type Model, weightKey} from './model.js'
import {type GraphProto, TensorProto_DataLocation as Location, type ModelProto, type NodeProto} from './onnx-ml_pb.js'
import {modelTensors, subgraphsOf} from './visit.js'

/**
 * What ONNX asks of every model, whatever its operators: each value has one maker and is made before it is read, names
 * do not hide others, the domains of all operators are imported, weights are there. What operators take is checked by
 * ONNX Runtime when it loads the model.
 *
 * @param what names the model in the error
 * @throws LinguluError MODEL_INVALID with the first problem
 */
export function checkModel({proto, weights}: Model, what: string): void {
  const problem = problemsOf(proto).next().value ?? missingWeight({proto, weights})
  if (problem === undefined) return
  throw new LinguluError('MODEL_INVALID', `${what} is not a valid ONNX model: ${problem}.`)
}

function missingWeight({proto, weights}: Model): string | undefined {
  for (const tensor of modelTensors(proto))
    if (tensor.dataLocation === Location.EXTERNAL && !weights.has(weightKey(tensor) ?? ''))
      return `the data of tensor ${JSON.stringify(tensor.name)} is missing`
  return undefined
}

function* problemsOf(proto: ModelProto): Generator<string, undefined> {
  const {graph} = proto
  if (graph === undefined) {
    yield 'it has no graph'
    return
  }
  if (proto.irVersion === 0n) yield 'it has no IR version'
  const domains = new Set(proto.opsetImport.map(({domain}) => (domain === 'ai.onnx' ? '' : domain)))
  if (domains.size === 0) yield 'it imports no operators'
  if (graph.output.length === 0) yield 'its graph has no outputs'
  yield* graphProblems(graph, {outer: new Set(), domains})
}

interface Scope {
  readonly outer: ReadonlySet<string>
  readonly domains: ReadonlySet<string>
}

function* graphProblems(graph: GraphProto, {outer, domains}: Scope): Generator<string, undefined> {
  const where = graph.name === '' ? '' : ` in graph ${JSON.stringify(graph.name)}`
  const known = new Set(outer)
  const inputs = new Set(graph.input.map(({name}) => name))
  // Before IR version 4 initializers had to be inputs too.
  const initializers = graph.initializer.map(({name}) => name).filter(name => !inputs.has(name))
  for (const name of [...inputs, ...initializers]) {
    if (known.has(name)) yield `${JSON.stringify(name)} is defined twice${where}`
    known.add(name)
  }
  for (const {values} of graph.sparseInitializer) if (values !== undefined) known.add(values.name)
  for (const node of graph.node) {
    const shown = `node ${JSON.stringify(node.name || node.output[0])} (${node.opType})${where}`
    yield* nodeProblems(node, shown, known, domains)
    for (const name of node.output) {
      if (name === '') continue
      if (known.has(name)) yield `${shown} makes ${JSON.stringify(name)}, which is there already`
      known.add(name)
    }
  }
  for (const {name} of graph.output)
    if (!known.has(name)) yield `nothing makes the output ${JSON.stringify(name)}${where}`
}

function* nodeProblems(
  node: NodeProto,
  shown: string,
  known: ReadonlySet<string>,
  domains: ReadonlySet<string>,
): Generator<string, undefined> {
  if (node.opType === '') yield `${shown} has no operator`
  const domain = node.domain === 'ai.onnx' ? '' : node.domain
  if (!domains.has(domain)) yield `${shown} is of the domain ${JSON.stringify(domain)}, which is not imported`
  for (const name of node.input)
    if (name !== '' && !known.has(name)) yield `${shown} reads ${JSON.stringify(name)}, which nothing before it makes`
  for (const inner of subgraphsOf(node)) yield* graphProblems(inner, {outer: known, domains})
}

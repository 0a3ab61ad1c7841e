import {type BuildOptions, GraphBuilder, type Value} from '../../onnx/graph-builder.js'
import type {Model} from '../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import {emit} from './emit.js'
import type {Shape} from './shape.js'
import type {Tape} from './tape.js'
import type {Operation, Variable} from './variable.js'

/** ReduceMean takes its axes as an input from 18 on. */
const BUILD = {opset: 18, domains: {'com.microsoft': 1}}

/** A tensor that a graph takes or gives. */
export interface Port {
  readonly name: string
  readonly shape: Shape
  readonly element: 'float32' | 'int64'
}

export interface TapeGraph {
  readonly model: Model
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
}

export interface GraphOptions {
  /** Values computed by another graph, which this one takes instead of computing them, and their names. */
  readonly given?: ReadonlyMap<Variable, string> | undefined
  /** Values of the graph that stand in the place of a parameter or an input; undefined makes an input of the graph. */
  readonly provide?: ((name: string, graph: GraphBuilder) => Value | undefined) | undefined
  /** Only operators of ONNX itself. Default: ONNX Runtime's own too, where they are faster. */
  readonly standard?: boolean | undefined
  readonly build?: BuildOptions | undefined
}

/** The graph that computes `outputs` of parameters, of inputs and of what is given. */
export function buildGraph(
  name: string,
  outputs: ReadonlyMap<string, Variable>,
  {given = new Map(), provide = () => undefined, standard = false, build = BUILD}: GraphOptions = {},
): TapeGraph {
  const graph = new GraphBuilder(name)
  const inputs: Port[] = []
  const values = new Map<Variable, readonly Value[]>()
  const take = (port: Port) => {
    inputs.push(port)
    return [graph.input(port.name, TYPES[port.element], port.shape)]
  }
  for (const variable of closure(outputs.values(), given)) {
    const port = given.get(variable)
    const {operation} = variable
    if (port !== undefined)
      values.set(variable, take({name: port, shape: variable.shape, element: elementOf(variable)}))
    else if (operation.type === 'parameter' || operation.type === 'input') {
      const provided = provide(operation.name, graph)
      const {name: wanted} = operation
      const own = () => take({name: wanted, shape: variable.shape, element: elementOf(variable)})
      values.set(variable, provided === undefined ? own() : [provided])
    } else if (operation.type === 'part') {
      const [whole] = variable.inputs
      values.set(variable, [values.get(whole as Variable)?.[operation.index] ?? ''])
    } else {
      const operands = variable.inputs.map(input => values.get(input)?.[0] ?? '')
      values.set(variable, emit(graph, variable, operands, {standard}))
    }
  }
  const made: Port[] = []
  for (const [output, variable] of outputs) {
    const element = elementOf(variable)
    graph.output(values.get(variable)?.[0] ?? '', TYPES[element], variable.shape, output)
    made.push({name: output, shape: variable.shape, element})
  }
  return {model: graph.build(build), inputs, outputs: made}
}

const TYPES = {float32: DataType.FLOAT, int64: DataType.INT64} as const

function elementOf({operation}: Variable): Port['element'] {
  if (operation.type === 'sizes') return 'int64'
  return operation.type === 'input' ? operation.element : 'float32'
}

/** What `wanted` are computed of, each after its inputs; nothing beyond what is given. */
function closure(wanted: Iterable<Variable>, given: ReadonlyMap<Variable, string>): Variable[] {
  const found = new Set<Variable>()
  const waiting = [...wanted]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    found.add(next)
    if (!given.has(next)) waiting.push(...next.inputs)
  }
  return [...found].sort((a, b) => a.id - b.id)
}

/**
 * Cheaper to do again than to hand over, which costs a copy into fresh memory: they move numbers, or make one of one or two
 * with little arithmetic.
 */
const CHEAP = new Set<Operation['type']>([
  'reshape',
  'transpose',
  'slice',
  'pad',
  'unsqueeze',
  'reshapeLike',
  'constant',
  'dropoutMask',
  'multiply',
  'sigmoid',
  'silu',
  'tanh',
  'erf',
  'relu',
  'exp',
])

/** Sums are kept: what was added would have to be kept in their place. */
function isCheap({operation: {type}, inputs}: Variable): boolean {
  const withConstant = (type === 'add' || type === 'subtract') && inputs.some(isConstant)
  return withConstant || CHEAP.has(type)
}

const isConstant = ({operation}: Variable): boolean => operation.type === 'constant'

/**
 * What the first pass must keep for the second: variables up to `last` that the gradients are computed of. Parameters and
 * inputs are there anyway.
 */
export function keptForBackward(gradients: Iterable<Variable>, last: Variable): ReadonlySet<Variable> {
  const kept = new Set<Variable>()
  const seen = new Set<Variable>()
  const waiting = [...gradients]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    const {type} = next.operation
    const early = next.id <= last.id || ((type === 'part' || type === 'sizes') && isEarly(next, last))
    if (early && (type === 'parameter' || type === 'input')) continue
    if (early && !isCheap(next)) kept.add(next)
    else waiting.push(...next.inputs)
  }
  return kept
}

const isEarly = ({inputs: [input]}: Variable, last: Variable): boolean => input !== undefined && input.id <= last.id

/** Both graphs of one training step whose loss is computed outside: the loss gives the gradient of `output`. */
export interface StepGraphs {
  readonly forward: TapeGraph
  readonly backward: TapeGraph
  /** Outputs of the first that the second takes. */
  readonly kept: readonly string[]
}

/**
 * @param gradients by parameter; they leave the second graph as one vector, `gradients`, in this order
 */
export function buildStepGraphs(output: Variable, gradients: ReadonlyMap<string, Variable>, tape: Tape): StepGraphs {
  const kept = [...keptForBackward(gradients.values(), output)]
  const names = new Map(
    kept.map(variable => [variable, variable === output ? 'output' : `kept ${variable.id}`] as const),
  )
  const keptPorts = new Map([...names].map(([variable, name]) => [name, variable] as const))
  const forward = buildGraph('forward', new Map([['output', output], ...keptPorts]))
  const flat = [...gradients.values()].map(variable => tape.reshape(variable, [-1]))
  const backward = buildGraph('backward', new Map([['gradients', tape.concatenate(flat, 0)]]), {given: names})
  return {forward, backward, kept: [...names.values()]}
}

import {once} from 'node:events'
import {join} from 'node:path'
import {LinguluError} from '../../errors.js'
import {forkEntry, siblingEntry} from '../../runtime/start-entry.js'
import {copyMessage} from '../copy-message.js'
import {tensorInfo} from '../graph-builder.js'
import {mapSubgraphs, withGraph} from '../map-graphs.js'
import type {Model} from '../model.js'
import type {GraphProto, ModelProto} from '../onnx-ml_pb.js'
import {definitionsOf} from '../outer-values.js'
import {readModel} from '../read-model.js'
import {shapeOf} from '../tensor-values.js'
import {uniqueNames} from '../unique-names.js'
import {modelGraphs} from '../visit.js'
import {writeModel} from '../write-model.js'
import {renameGenerated} from './rename-generated.js'

/**
 * How far ONNX Runtime goes. `basic` keeps to ONNX’s own operators, so that any runtime takes the result; `extended` also
 * makes operators of ONNX Runtime’s own (Gelu, SkipLayerNormalization), for its CPU and CUDA providers. Higher levels write
 * what only machines like this one can run: they are not offered.
 */
export const RUNTIME_LEVELS = ['basic', 'extended'] as const
export type RuntimeLevel = (typeof RUNTIME_LEVELS)[number]

export interface RuntimeOptimizeOptions {
  readonly level: RuntimeLevel
  /** An empty folder; what is returned reads its weights from there. */
  readonly folder: string
  /** Initializers of the main graph that ONNX Runtime must not see: it would fold them into larger ones. */
  readonly hidden?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the optimizing process is asked. */
export interface OptimizeRequest {
  readonly source: string
  readonly target: string
  readonly data: string
  readonly level: RuntimeLevel
}
export type OptimizeAnswer = {readonly ok: true} | {readonly ok: false; readonly reason: string}

/**
 * ONNX Runtime’s own optimisations, written down: it loads the model in a process of its own and saves what it made of it.
 *
 * @throws LinguluError MODEL_INVALID with what ONNX Runtime says; the signal's reason
 */
export async function optimizeByRuntime(model: Model, options: RuntimeOptimizeOptions): Promise<Model> {
  const {level, folder, hidden = [], signal} = options
  const source = join(folder, 'source.onnx')
  const target = join(folder, 'optimized.onnx')
  await writeModel({...model, proto: hide(model.proto, new Set(hidden))}, source, {externalDataBytes: 0, signal})
  await run({source, target, data: 'optimized.onnx_data', level}, signal)
  const made = await readModel(target)
  return restore(made, model, new Set(hidden))
}

async function run(request: OptimizeRequest, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const child = forkEntry(siblingEntry('./optimize-child', import.meta.url))
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, {once: true})
  let answer: OptimizeAnswer | undefined
  child.once('message', message => {
    answer = message as OptimizeAnswer
  })
  child.stdout?.resume()
  child.stderr?.resume()
  child.send(request, () => {})
  try {
    const [code, killer] = await once(child, 'close')
    signal?.throwIfAborted()
    if (answer?.ok) return
    const reason = answer?.reason ?? `the process crashed (${killer ?? `exit code ${code}`})`
    throw new LinguluError('MODEL_INVALID', `ONNX Runtime cannot optimise the model: ${reason}`, {
      hint: 'Leave that step out with `--level none`.',
    })
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}

/** A model that is to be given some of its weights. */
function hide(proto: ModelProto, names: ReadonlySet<string>): ModelProto {
  const {graph} = proto
  if (graph === undefined || names.size === 0) return proto
  const copy = copyMessage(graph)
  const hidden = graph.initializer.filter(({name}) => names.has(name))
  copy.initializer = graph.initializer.filter(({name}) => !names.has(name))
  copy.input = [...graph.input, ...hidden.map(tensor => tensorInfo(tensor.name, tensor.dataType, shapeOf(tensor)))]
  return withGraph(proto, copy)
}

/** The hidden weights come back; what ONNX Runtime says of the model beside its graph is forgotten. */
function restore(made: Model, original: Model, hidden: ReadonlySet<string>): Model {
  const before = original.proto.graph
  if (made.proto.graph === undefined || before === undefined) return made
  const known = new Set([...modelGraphs(original.proto)].flatMap(one => [...definitionsOf(one)]))
  const unique = uniqueNames(original.proto)
  const graph = renameGenerated(withoutRepeated(made.proto.graph), known, () => unique('optimized'))
  const copy = copyMessage(graph)
  copy.input = graph.input.filter(({name}) => !hidden.has(name))
  copy.initializer = [...graph.initializer, ...before.initializer.filter(({name}) => hidden.has(name))]
  copy.name = before.name
  copy.docString = before.docString
  const proto = copyMessage(original.proto)
  proto.graph = copy
  proto.opsetImport = usedDomains(made.proto, copy, original.proto)
  return {proto, weights: new Map([...original.weights, ...made.weights])}
}

/** ONNX Runtime writes empty initializers of branches twice. */
function withoutRepeated(graph: GraphProto): GraphProto {
  const copy = copyMessage(graph)
  copy.initializer = [...new Map(graph.initializer.map(tensor => [tensor.name, tensor])).values()]
  copy.node = graph.node.map(node => mapSubgraphs(node, withoutRepeated))
  return copy
}

/** ONNX Runtime imports all domains that it knows. */
function usedDomains(made: ModelProto, graph: GraphProto, before: ModelProto): ModelProto['opsetImport'] {
  const name = (domain: string) => (domain === 'ai.onnx' ? '' : domain)
  const used = new Set(before.opsetImport.map(({domain}) => name(domain)))
  for (const {node} of modelGraphs(Object.assign(copyMessage(made), {graph})))
    for (const {domain} of node) used.add(name(domain))
  return made.opsetImport.filter(({domain}) => used.has(name(domain)))
}

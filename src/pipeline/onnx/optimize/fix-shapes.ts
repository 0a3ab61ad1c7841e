import {clearField, create} from '@bufbuild/protobuf'
import {LinguluError} from '../../errors.js'
import {copyMessage} from '../copy-message.js'
import {tensorInfo} from '../graph-builder.js'
import {declaredShape, inferShapes, type ValueShape} from '../infer-shapes.js'
import {mapSubgraphs, withGraph} from '../map-graphs.js'
import type {Model} from '../model.js'
import {
  type GraphProto,
  TensorShapeProto_DimensionSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx-ml_pb.js'

/** Sizes for the inputs of a model that had none: all of an input by its name, or one by the name of the dimension. */
export interface FixedShape {
  readonly name: string
  readonly sizes: readonly number[]
}

/**
 * Reads `--fix-shape`: `input_features=1,80,3000` or `batch_size=1`.
 *
 * @throws LinguluError USAGE
 */
export function parseFixedShape(text: string): FixedShape {
  const [, name, sizes] = /^([^=]+)=(\d+(?:,\d+)*)$/.exec(text) ?? []
  if (name !== undefined && sizes !== undefined) return {name, sizes: sizes.split(',').map(Number)}
  throw new LinguluError('USAGE', `${JSON.stringify(text)} gives no shape.`, {
    hint: 'Give an input with all its sizes, as input_features=1,80,3000, or a dimension with one, as batch_size=1.',
  })
}

/**
 * Gives inputs fixed sizes, and everything that follows from them: dimensions of the same name, the shapes of outputs and
 * of all values between. Nodes that ask for sizes can be folded afterwards.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for names that the model does not have, and sizes that do not fit
 */
export async function fixShapes(model: Model, fixed: readonly FixedShape[]): Promise<Model> {
  const {graph} = model.proto
  if (graph === undefined || fixed.length === 0) return model
  const sizes = sizesByName(graph, fixed)
  const inputs = new Map(fixed.map(({name, sizes: all}) => [name, all]))
  const sized = withSizes(graph, sizes, inputs)
  const untold = Object.assign(copyMessage(sized), {output: sized.output.map(withoutType), valueInfo: []})
  const shapes = await inferShapes({proto: withGraph(model.proto, untold)})
  return {...model, proto: withGraph(model.proto, withShapes(sized, shapes.get(untold) ?? new Map()))}
}

/** Whether a model has an input or a dimension of that name. */
export function hasShape({proto}: Pick<Model, 'proto'>, name: string): boolean {
  const inputs = proto.graph?.input ?? []
  return inputs.some(info => info.name === name || declaredShape(info).dims?.includes(name))
}

/** What can be given sizes in models. */
export function describeShapes(graphs: readonly (GraphProto | undefined)[]): string {
  const infos = graphs.flatMap(graph => graph?.input ?? [])
  const inputs = [...new Set(infos.map(({name}) => name))]
  return `Inputs are ${inputs.join(', ')}; dimensions ${[...dimensionNames(infos)].join(', ') || 'are all fixed'}.`
}

const dimensionNames = (infos: readonly ValueInfoProto[]): Set<string> =>
  new Set(infos.flatMap(info => declaredShape(info).dims ?? []).filter(one => typeof one === 'string'))

/** Sizes of named dimensions. */
function sizesByName(graph: GraphProto, fixed: readonly FixedShape[]): Map<string, number> {
  const known = new Map<string, number>()
  const names = dimensionNames(graph.input)
  for (const {name, sizes} of fixed) {
    const input = graph.input.find(one => one.name === name)
    if (input !== undefined) checkFits(input, sizes, known)
    else if (names.has(name) && sizes.length === 1) known.set(name, sizes[0] ?? 0)
    else
      throw new LinguluError('OPTION_UNSUPPORTED', `The model has no input and no dimension ${JSON.stringify(name)}.`, {
        hint: describeShapes([graph]),
      })
  }
  return known
}

function checkFits(input: ValueInfoProto, sizes: readonly number[], known: Map<string, number>): void {
  const dims = declaredShape(input).dims
  for (const [index, size] of sizes.entries()) {
    const dim = dims?.[index]
    if (typeof dim === 'string') known.set(dim, size)
    if (dims?.length === sizes.length && (typeof dim !== 'number' || dim === size)) continue
    throw new LinguluError(
      'OPTION_UNSUPPORTED',
      `The input ${input.name} has the shape [${dims?.map(one => one ?? '?').join(', ')}]: [${sizes.join(', ')}] does not fit.`,
    )
  }
}

/** A graph, and those below, with sizes in place of names. */
function withSizes(
  graph: GraphProto,
  sizes: ReadonlyMap<string, number>,
  inputs: ReadonlyMap<string, readonly number[]>,
): GraphProto {
  const copy = copyMessage(graph)
  const change = (info: ValueInfoProto, whole?: readonly number[]) =>
    changeDims(info, (index, name) => whole?.[index] ?? sizes.get(name))
  copy.input = graph.input.map(info => change(info, inputs.get(info.name)))
  copy.output = graph.output.map(info => change(info))
  copy.valueInfo = graph.valueInfo.map(info => change(info))
  copy.node = graph.node.map(node => mapSubgraphs(node, inner => withSizes(inner, sizes, new Map())))
  return copy
}

/** Sizes where there were none. */
function changeDims(info: ValueInfoProto, sizeAt: (index: number, name: string) => number | undefined): ValueInfoProto {
  const {type} = info
  if (type?.value.case !== 'tensorType' || type.value.value.shape === undefined) return info
  const tensor = copyMessage(type.value.value)
  const shape = copyMessage(type.value.value.shape)
  shape.dim = shape.dim.map((dim, index) => {
    if (dim.value.case === 'dimValue') return dim
    const size = sizeAt(index, dim.value.value ?? '')
    if (size === undefined) return dim
    return create(TensorShapeProto_DimensionSchema, {value: {case: 'dimValue', value: BigInt(size)}})
  })
  tensor.shape = shape
  return Object.assign(copyMessage(info), {
    type: Object.assign(copyMessage(type), {value: {case: 'tensorType', value: tensor}}),
  })
}

/** What an output declares would stand in the way of what is inferred. */
const withoutType = (info: ValueInfoProto): ValueInfoProto => {
  const copy = copyMessage(info)
  clearField(copy, ValueInfoProtoSchema.field.type)
  return copy
}

/** Shapes that inference knows fully, where they can be said. */
function withShapes(graph: GraphProto, table: ReadonlyMap<string, ValueShape>): GraphProto {
  const copy = copyMessage(graph)
  copy.output = graph.output.map(info =>
    changeDims(info, index => {
      const size = table.get(info.name)?.dims?.[index]
      return typeof size === 'number' ? size : undefined
    }),
  )
  const said = new Set([...graph.input, ...graph.output, ...graph.initializer].map(({name}) => name))
  copy.valueInfo = [...table].flatMap(([name, {type, dims}]) => {
    const sizes = dims?.filter(size => typeof size === 'number')
    const isKnown = type !== undefined && sizes !== undefined && sizes.length === dims?.length
    return isKnown && !said.has(name) ? [tensorInfo(name, type, sizes)] : []
  })
  return copy
}

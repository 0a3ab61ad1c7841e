import {LinguluError} from '../../errors.js'
import {closestNames} from '../../text/closest-names.js'
import type {Model} from '../model.js'
import type {NodeProto} from '../onnx-ml_pb.js'
import {modelGraphs} from '../visit.js'

/**
 * Which nodes a pass changes: those of certain operators, narrowed by their names. In patterns `*` stands for any
 * characters, `/` too; everything else for itself. A node without a name is known by its first output.
 */
export interface NodeSelection {
  /** Default: whatever the pass is for; with `nodes` alone, all that it can do. */
  readonly opTypes?: readonly string[] | undefined
  /** Only nodes that one of these patterns matches, or `nodes` names, if there are any of both. */
  readonly include?: readonly string[] | undefined
  /** Not nodes that one of these patterns matches. */
  readonly exclude?: readonly string[] | undefined
  /** Exact names, beside `include`. */
  readonly nodes?: readonly string[] | undefined
  /**
   * What to do about names and patterns that no node has. Steps of a recipe after the first `ignore` them, once
   * {@link checkSelection} has seen the model as it was: nodes get other names, or go, when they are quantized.
   */
  readonly unmatched?: 'refuse' | 'ignore' | undefined
}

/** Operators that a pass changes. */
export interface Operators {
  readonly defaults: readonly string[]
  /** All that it can. */
  readonly all: readonly string[]
}

export type NodeSelector = (node: NodeProto) => boolean

/** A node without a name is known by its first output. */
export const nodeName = ({name, output}: Pick<NodeProto, 'name' | 'output'>): string => name || (output[0] ?? '')

/**
 * Says of each node of a model whether it is selected.
 *
 * @throws LinguluError OPTION_UNSUPPORTED as {@link checkSelection} does, unless unmatched names are ignored
 */
export function selectNodes(
  {proto}: Pick<Model, 'proto'>,
  selection: NodeSelection,
  operators: Operators,
): NodeSelector {
  if (selection.unmatched !== 'ignore') checkSelection({proto}, selection, operators)
  const {include = [], exclude = [], nodes = []} = selection
  const types = selectedTypes(selection, operators)
  const names = new Set(nodes)
  const included = include.map(toExpression)
  const excluded = exclude.map(toExpression)
  const isNarrow = included.length > 0 || names.size > 0
  return node => {
    if (!types.has(node.opType)) return false
    const name = nodeName(node)
    if (excluded.some(pattern => pattern.test(name))) return false
    return !isNarrow || names.has(name) || included.some(pattern => pattern.test(name))
  }
}

/**
 * Refuses operators that a pass cannot change, and names and patterns that match nothing in a model.
 *
 * @throws LinguluError OPTION_UNSUPPORTED with the names that come near
 */
export function checkSelection({proto}: Pick<Model, 'proto'>, selection: NodeSelection, operators: Operators): void {
  const {opTypes = [], include = [], exclude = [], nodes = []} = selection
  const unknown = opTypes.find(type => !operators.all.includes(type))
  if (unknown !== undefined)
    throw new LinguluError('OPTION_UNSUPPORTED', `Nodes of ${JSON.stringify(unknown)} cannot be quantized this way.`, {
      hint: `It can be done for ${operators.all.join(', ')}.`,
    })
  if (include.length + exclude.length + nodes.length === 0) return
  const types = selectedTypes(selection, operators)
  const all = [...modelGraphs(proto)].flatMap(({node}) => node)
  const selectable = all.filter(({opType}) => types.has(opType))
  for (const name of nodes) requireMatch(name, one => one === name, {all, selectable})
  for (const pattern of include) requireMatch(pattern, matcher(pattern), {all, selectable})
  for (const pattern of exclude) requireMatch(pattern, matcher(pattern), {all, selectable: all})
}

function selectedTypes({opTypes, include = [], nodes = []}: NodeSelection, operators: Operators): Set<string> {
  const namesOnly = nodes.length > 0 && include.length === 0
  const wanted = opTypes ?? (namesOnly ? operators.all : operators.defaults)
  return new Set(wanted.filter(type => operators.all.includes(type)))
}

interface Candidates {
  readonly all: readonly NodeProto[]
  readonly selectable: readonly NodeProto[]
}

function requireMatch(wanted: string, matches: (name: string) => boolean, {all, selectable}: Candidates): void {
  if (selectable.some(node => matches(nodeName(node)))) return
  const shown = JSON.stringify(wanted)
  const others = all.filter(node => matches(nodeName(node)))
  if (others.length > 0) {
    const types = [...new Set(others.map(({opType}) => opType))].sort().join(', ')
    const chosen = [...new Set(selectable.map(({opType}) => opType))].sort().join(', ') || 'none that the model has'
    throw new LinguluError('OPTION_UNSUPPORTED', `${shown} is of nodes of another operator (${types}).`, {
      hint: `The chosen operators are ${chosen}: choose other operators or other nodes.`,
    })
  }
  const near = namesNear(wanted, [...new Set(selectable.map(nodeName))])
  throw new LinguluError('OPTION_UNSUPPORTED', `The model has no node ${shown}.`, {
    hint: near.length === 0 ? undefined : `It has ${near.map(name => JSON.stringify(name)).join(', ')}.`,
  })
}

const SHOWN_NAMES = 5

/** Names that share the last part of what is wanted, else those that differ by few letters, else the first ones. */
function namesNear(wanted: string, names: readonly string[]): readonly string[] {
  const [end = ''] = wanted
    .split(/[/.*]/)
    .filter(part => part.length > 2)
    .reverse()
  const sharing = end === '' ? [] : names.filter(name => name.includes(end))
  const closest = wanted.includes('*') ? [] : closestNames(names, wanted)
  return [...new Set([...closest, ...sharing, ...(sharing.length + closest.length === 0 ? names : [])])].slice(
    0,
    SHOWN_NAMES,
  )
}

function matcher(pattern: string): (name: string) => boolean {
  const expression = toExpression(pattern)
  return name => expression.test(name)
}

function toExpression(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

import type {NodeProto} from '../onnx-ml_pb.js'

/** Which nodes a pass changes: those of certain operators, narrowed by patterns over their names. */
export interface NodeSelection {
  /** Default: whatever the pass is for. */
  readonly opTypes?: readonly string[] | undefined
  /** Only nodes that one of these matches, if there are any; `*` stands for any characters. */
  readonly include?: readonly string[] | undefined
  /** Not these. */
  readonly exclude?: readonly string[] | undefined
}

export type NodeSelector = (node: NodeProto) => boolean

/** A node without a name is known by its first output. */
export const nodeName = ({name, output}: NodeProto): string => name || (output[0] ?? '')

export function createSelector(
  {opTypes, include = [], exclude = []}: NodeSelection,
  defaults: readonly string[],
): NodeSelector {
  const types = new Set(opTypes ?? defaults)
  const included = include.map(toExpression)
  const excluded = exclude.map(toExpression)
  return node => {
    if (!types.has(node.opType)) return false
    const name = nodeName(node)
    if (excluded.some(pattern => pattern.test(name))) return false
    return included.length === 0 || included.some(pattern => pattern.test(name))
  }
}

function toExpression(pattern: string): RegExp {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

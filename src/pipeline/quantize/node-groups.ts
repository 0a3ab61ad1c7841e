/** A node that a recipe can quantize. */
export interface QuantizableNode {
  readonly name: string
  /** Of its weights: nodes that share them are quantized together, or the weights would be stored twice. */
  readonly weight?: string | undefined
}

/** Nodes that are quantized, or kept in float, together. */
export interface NodeGroup {
  /** The graph they are of, such as `encoder_model`. */
  readonly graph: string
  /** What their names have in common up to the number of the layer, or the first name. */
  readonly name: string
  readonly nodes: readonly string[]
}

/**
 * Groups nodes by layer, in their order: `/model/encoder/layers.3/fc1/MatMul` and `model.encoder.layers.3.fc1` are of
 * layer 3. Nodes whose names tell no layer stand alone. Groups that share weights are one.
 */
export function groupNodes(graph: string, nodes: readonly QuantizableNode[]): NodeGroup[] {
  const groups: {name: string; nodes: string[]}[] = []
  const byKey = new Map<string, number>()
  for (const {name, weight} of nodes) {
    const keys = [`layer ${layerOf(name)}`, ...(weight === undefined || weight === '' ? [] : [`weight ${weight}`])]
    const known = [...new Set(keys.flatMap(key => byKey.get(key) ?? []))].sort((a, b) => a - b)
    const index = known[0] ?? groups.push({name: layerOf(name), nodes: []}) - 1
    const group = groups[index]
    if (group === undefined) continue
    for (const other of known.slice(1)) merge(groups, byKey, index, other)
    for (const key of keys) byKey.set(key, index)
    if (!group.nodes.includes(name)) group.nodes.push(name)
  }
  return groups.filter(group => group.nodes.length > 0).map(group => ({graph, ...group}))
}

function merge(groups: {nodes: string[]}[], byKey: Map<string, number>, into: number, from: number): void {
  groups[into]?.nodes.push(...(groups[from]?.nodes.splice(0) ?? []))
  for (const [key, index] of byKey) if (index === from) byKey.set(key, into)
}

/** A number by itself, or after an underscore: `layers.3`, `layers/3`, `layer_3`; not the one of `wav2vec2`. */
const NUMBERED = /^(?:\d+|.*_\d+)$/

/** The name up to the first numbered part that is not its last; the name itself where there is none. */
function layerOf(name: string): string {
  const parts = [...name.matchAll(/[^/.]+/g)]
  const numbered = parts.slice(0, -1).find(([part]) => NUMBERED.test(part))
  return numbered === undefined ? name : name.slice(0, numbered.index + numbered[0].length)
}

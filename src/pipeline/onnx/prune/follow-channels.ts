import {nodeName} from '../quantize/select-nodes.js'
import {ruleOf} from './channel-rules.js'
import {type ChannelGroup, type Edit, NotRemovable, type Placement, samePlacement, type Tracking} from './channels.js'
import {type Operation, rankOf, sizeFromEnd, type Value, type ValueGraph} from './value-graph.js'

/**
 * Follows the channels of a product’s output to everything that has them: forwards to what reads a value, backwards to
 * what makes it, and to the constants in between. What is not understood throws.
 */
export class ChannelFlood implements Tracking {
  readonly placements = new Map<Value, Placement>()
  readonly edits = new Map<Operation, Edit>()
  readonly producers = new Set<Operation>()
  readonly consumers = new Set<Operation>()
  /** Places of one channel in a flat dimension, as soon as it is known. */
  unit: number | undefined
  readonly #owners: ValueGraph['owners']
  readonly #queue: Value[] = []

  constructor({owners}: ValueGraph) {
    this.#owners = owners
  }

  /** @throws NotRemovable */
  follow(start: Value, segments: number): void {
    this.place(start, {fromEnd: 1, flat: true, segments})
    for (let value = this.#queue.shift(); value !== undefined; value = this.#queue.shift()) this.#visit(value)
    this.#checkSizes()
  }

  /** Says where the channels stand in a value. */
  place(value: Value | undefined, placement: Placement): void {
    if (value === undefined) throw new NotRemovable('a value is missing')
    const known = this.placements.get(value)
    if (known !== undefined) {
      if (!samePlacement(known, placement)) throw new NotRemovable(`${value.name} has them in two places`)
      return
    }
    const rank = rankOf(value)
    if (rank !== undefined && rank < placement.fromEnd) throw new NotRemovable(`${value.name} has too few dimensions`)
    this.placements.set(value, placement)
    this.#queue.push(value)
  }

  setUnit(unit: number): void {
    if (this.unit !== undefined && this.unit !== unit) throw new NotRemovable('heads are of different sizes')
    this.unit = unit
  }

  at(value: Value | undefined): Placement | undefined {
    return value === undefined ? undefined : this.placements.get(value)
  }

  #visit(value: Value): void {
    if (value.isGraphInput) this.#leave(value, `it comes from outside as ${value.name}`)
    else if (value.tensor === undefined) {
      if (value.maker === undefined) throw new NotRemovable(`nothing makes ${value.name}`)
      this.#apply(value.maker)
    }
    for (const reader of value.readers) this.#apply(reader)
    for (const index of value.outputs) this.#goOut(value, index)
  }

  #apply(operation: Operation): void {
    const {node, branches, outputs} = operation
    if (node.opType === 'If') {
      for (const [index, output] of outputs.entries()) {
        const placement = this.at(output)
        if (placement !== undefined) for (const branch of branches) this.place(branch[index], placement)
      }
      return
    }
    const rule = ruleOf(node)
    if (rule === undefined) throw new NotRemovable(`${node.opType} ${JSON.stringify(nodeName(node))} needs all of them`)
    rule(operation, this)
  }

  /** Out of a branch, or out of the model. */
  #goOut(value: Value, index: number): void {
    const placement = this.at(value)
    const owner = this.#owners.get(value.graph)
    if (placement === undefined) return
    if (owner === undefined) this.#leave(value, `they leave the model as ${value.name}`)
    else if (owner.node.opType === 'If') {
      this.place(owner.outputs[index], placement)
    } else throw new NotRemovable(`they go through ${owner.node.opType} ${JSON.stringify(nodeName(owner.node))}`)
  }

  /** Only what comes back may have fewer: keys and values of the decoder’s cache. */
  #leave(value: Value, reason: string): void {
    if (this.#owners.has(value.graph) || !/^(?:past_key_values|present)\./.test(value.name))
      throw new NotRemovable(reason)
  }

  #checkSizes(): void {
    const {channels} = this
    for (const [value, placement] of this.placements) {
      const size = sizeFromEnd(value, placement.fromEnd)
      const expected = channels * (placement.flat ? (this.unit ?? 1) * placement.segments : 1)
      if (size !== undefined && size !== expected)
        throw new NotRemovable(`${value.name} has ${size} places for ${channels}`)
    }
    this.#checkCache()
  }

  /** What the model gives for its cache it must take again. */
  #checkCache(): void {
    const names = new Set(
      [...this.placements.keys()].filter(({graph}) => !this.#owners.has(graph)).map(({name}) => name),
    )
    for (const name of names) {
      const [, part = ''] = /^(?:past_key_values|present)\.(.*)$/.exec(name) ?? []
      if (part !== '' && !(names.has(`past_key_values.${part}`) && names.has(`present.${part}`)))
        throw new NotRemovable(`the cache has ${name} on one side only`)
    }
  }

  /** How many channels there are, by the size of some constant that has them. */
  get channels(): number {
    for (const [value, {fromEnd, flat, segments}] of this.placements) {
      const size = value.tensor === undefined ? undefined : sizeFromEnd(value, fromEnd)
      if (size !== undefined) return size / (flat ? (this.unit ?? 1) * segments : 1)
    }
    throw new NotRemovable('no weights have them')
  }

  toGroup(): ChannelGroup {
    const {placements, channels, unit, producers, consumers} = this
    if (!Number.isInteger(channels)) throw new NotRemovable('their number is none')
    const names = [...producers].map(({node}) => nodeName(node))
    return {
      kind: unit === undefined ? 'ffn' : 'heads',
      name: commonName(names),
      channels,
      unit: unit ?? 1,
      placements,
      edits: [...this.edits.values()],
      consumers: [...consumers],
      producers: [...producers],
    }
  }
}

/** `layers.0.attn.q_proj`, `layers.0.attn.k_proj` → `layers.0.attn`; the first name where they share nothing. */
export function commonName(names: readonly string[]): string {
  const [first = '', ...others] = names
  if (others.every(name => name === first)) return first
  let length = 0
  while (length < first.length && others.every(name => name[length] === first[length])) length++
  const shared = first
    .slice(0, length)
    .replace(/[^./]*$/, '')
    .replace(/[./]+$/, '')
  return /[./]/.test(shared) ? shared : first
}

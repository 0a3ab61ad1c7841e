import type {Operation, Value} from './value-graph.js'

/**
 * Where channels (neurons or heads) stand in a value. The dimension is counted from the end: the last is 1. `flat`: a
 * channel has `unit` places in a row (a head, its size); else one. `segments` repeat the whole (query, key and value
 * beside each other).
 */
export interface Placement {
  readonly fromEnd: number
  readonly flat: boolean
  readonly segments: number
}

/** A node that must say another number when channels are removed. */
export type Edit =
  /** An entry of the shape, counted from the end. */
  | {readonly type: 'shape'; readonly operation: Operation; readonly fromEnd: number; readonly flat: boolean}
  /** The attribute `num_heads`. */
  | {readonly type: 'heads'; readonly operation: Operation}
  /** The sizes of equal parts. */
  | {readonly type: 'split'; readonly operation: Operation}

/** Channels that can be removed together, wherever they occur. */
export interface ChannelGroup {
  readonly kind: 'ffn' | 'heads'
  /** Of the layer, as far as the names of its nodes tell. */
  readonly name: string
  /** How many there are. */
  readonly channels: number
  /** Places of one channel in a flat dimension: 1 for neurons, the size of a head. */
  readonly unit: number
  readonly placements: ReadonlyMap<Value, Placement>
  readonly edits: readonly Edit[]
  /** Products whose inputs the channels are: each sums over them. */
  readonly consumers: readonly Operation[]
  /** Products that make them. */
  readonly producers: readonly Operation[]
}

/** Heads or neurons that stay, and why. */
export interface SkippedGroup {
  readonly name: string
  readonly reason: string
}

export const samePlacement = (a: Placement, b: Placement): boolean =>
  a.fromEnd === b.fromEnd && a.flat === b.flat && a.segments === b.segments

/** Why channels cannot be removed. Never leaves this folder. */
export class NotRemovable extends Error {}

/** The channels turn out to be in several segments: to be followed anew from the start. */
export class InSegments extends Error {
  constructor(readonly segments: number) {
    super('in segments')
  }
}

/** What rules for nodes know of the channels that are being followed, and what they tell. */
export interface Tracking {
  readonly edits: Map<Operation, Edit>
  readonly producers: Set<Operation>
  readonly consumers: Set<Operation>
  /** Places of one channel in a flat dimension, as soon as it is known. */
  readonly unit: number | undefined
  /** How many channels there are. */
  readonly channels: number
  /** @throws NotRemovable if it was another */
  setUnit(unit: number): void
  at(value: Value | undefined): Placement | undefined
  /** Says where the channels stand in a value. @throws NotRemovable if they stand elsewhere in it */
  place(value: Value | undefined, placement: Placement): void
}

/** Carries channels over one node: from those of its values that have them to the others. */
export type ChannelRule = (operation: Operation, tracking: Tracking) => void

import type {Tensor} from 'onnxruntime-node'
import {concatenateRows, selectRows} from './rows.js'

/** Tensors of which every row (entry of the first dimension) belongs to one window. */
export type RowTensors = ReadonlyMap<string, Tensor>

/** Keys and values of the decoder's attention for some rows, all of the same length. */
export interface Cache {
  /** Tokens in the cache. */
  readonly length: number
  readonly rows: number
  /** By the layer's name in the graph, such as `0.decoder.key`. */
  readonly self: RowTensors
  readonly cross: RowTensors
}

/**
 * The rows `order[0]`, `order[1]`, … of a cache, in that order; a row may come several times. Beams of one window share
 * their cross-attention, so its order is given apart: where beams only change places nothing large is copied.
 */
export function selectCacheRows(cache: Cache, order: readonly number[], crossOrder = order): Cache {
  const select = (part: RowTensors, rows: readonly number[]) =>
    new Map([...part].map(([name, tensor]) => [name, selectRows(tensor, rows)]))
  return {...cache, rows: order.length, self: select(cache.self, order), cross: select(cache.cross, crossOrder)}
}

/** One cache with the rows of all; their lengths must agree. */
export function joinCaches(caches: readonly Cache[]): Cache {
  const [head] = caches
  if (head === undefined || caches.some(({length}) => length !== head.length))
    throw new RangeError('Only caches of the same length can be joined.')
  if (caches.length === 1) return head
  return {
    length: head.length,
    rows: caches.reduce((sum, {rows}) => sum + rows, 0),
    self: stackRows(caches.map(({self}) => self)),
    cross: stackRows(caches.map(({cross}) => cross)),
  }
}

/** All rows of sets of tensors with the same names, under one another. */
export function stackRows(parts: readonly RowTensors[]): RowTensors {
  const [head] = parts
  if (head === undefined) throw new RangeError('No rows to stack.')
  if (parts.length === 1) return head
  const stack = (name: string) =>
    concatenateRows(
      parts.map(part => {
        const tensor = part.get(name)
        if (tensor === undefined) throw new RangeError(`One part has no ${name}.`)
        return {tensor, row: 0, count: tensor.dims[0] ?? 0}
      }),
    )
  return new Map([...head.keys()].map(name => [name, stack(name)]))
}

/** Each row of a set of tensors by itself. */
export function splitRows(tensors: RowTensors, count: number): RowTensors[] {
  const only = (row: number) => new Map([...tensors].map(([name, tensor]) => [name, selectRows(tensor, [row])]))
  return Array.from({length: count}, (_, row) => only(row))
}

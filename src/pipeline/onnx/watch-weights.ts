import {setImmediate} from 'node:timers/promises'
import type {Model} from './model.js'

export interface WatchOptions {
  readonly signal?: AbortSignal | undefined
  /** Told before each reading how many bytes of weights have been read, of all that there are. */
  readonly onRead?: ((doneBytes: number, totalBytes: number) => void) | undefined
}

/**
 * A model whose weights, when they are read, let signals and timers through first, and throw the signal's reason: what
 * works on one weight after another never waits else. Bytes that are read again do not count again.
 */
export function watchWeights({proto, weights}: Model, {signal, onRead}: WatchOptions): Model {
  const total = [...weights.values()].reduce((sum, {byteLength}) => sum + byteLength, 0)
  let done = 0
  const watched = [...weights].map(([key, source]) => {
    let reached = 0
    const before = async (end: number) => {
      await setImmediate()
      signal?.throwIfAborted()
      onRead?.(done, total)
      done += Math.max(0, end - reached)
      reached = Math.max(reached, end)
    }
    const read = async (start: number, end: number) => {
      await before(end)
      return await source.read(start, end)
    }
    const {readInto} = source
    const into = async (target: Uint8Array, start: number) => {
      await before(start + target.byteLength)
      await readInto?.(target, start)
    }
    const {byteLength} = source
    return [key, {byteLength, read, readInto: readInto === undefined ? undefined : into}] as const
  })
  return {proto, weights: new Map(watched)}
}

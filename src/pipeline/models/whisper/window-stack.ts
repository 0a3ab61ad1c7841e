import {Tensor} from 'onnxruntime-node'
import type {RowTensors} from './cache.js'
import type {EncodedWindow} from './network.js'
import {type Numbers, numbersOf, tensorLike} from './rows.js'

/**
 * The tensors of several windows under one another. Each window has a place, and only those places are written whose
 * window has changed: keys and values of a window are many megabytes.
 */
export class WindowStack {
  readonly #places: number
  readonly #held: EncodedWindow[] = []
  #buffers: RowTensors | undefined

  /** @param places windows there may be at once */
  constructor(places: number) {
    this.#places = places
  }

  /** The tensors of these windows; valid until the next call. */
  stack(windows: readonly EncodedWindow[]): RowTensors {
    const [first] = windows
    if (first === undefined) throw new RangeError('No windows to stack.')
    if (windows.length === 1) return first
    if (windows.length > this.#places) throw new RangeError(`There are ${this.#places} places.`)
    // Memory that is never written is never taken from the system.
    const allocate = (tensor: Tensor) => tensorLike(tensor, [this.#places, ...tensor.dims.slice(1)])
    this.#buffers ??= new Map([...first].map(([name, tensor]) => [name, allocate(tensor)]))
    for (const [place, window] of windows.entries()) this.#put(this.#buffers, window, place)
    return new Map([...this.#buffers].map(([name, buffer]) => [name, head(buffer, windows.length)]))
  }

  #put(buffers: RowTensors, window: EncodedWindow, place: number): void {
    if (this.#held[place] === window) return
    this.#held[place] = window
    for (const [name, tensor] of window) {
      const buffer = buffers.get(name)
      if (buffer !== undefined) numbersOf(buffer).set(numbersOf(tensor) as never, place * tensor.size)
    }
  }
}

/** The first rows of a tensor, not copied. */
function head(tensor: Tensor, rows: number): Tensor {
  const [places = 0, ...dims] = tensor.dims
  if (rows === places) return tensor
  const data: Numbers = numbersOf(tensor).subarray(0, (tensor.size / places) * rows)
  return new Tensor(tensor.type as 'float32', data as Float32Array, [rows, ...dims])
}

/**
 * Places for those that stay and those that come: who stays keeps the place where that can be, who comes takes a free
 * one, and the last move into places that are still free.
 *
 * @param places undefined where someone has left
 */
export function fillPlaces<Item>(places: readonly (Item | undefined)[], added: readonly Item[]): Item[] {
  const waiting = [...added]
  const filled: (Item | undefined)[] = places.map(item => item ?? waiting.shift())
  filled.push(...waiting)
  const count = filled.filter(item => item !== undefined).length
  const moving = filled.slice(count).filter(item => item !== undefined)
  return filled.slice(0, count).map(item => item ?? (moving.pop() as Item))
}

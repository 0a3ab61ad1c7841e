/**
 * Memory for outputs, used again at each step: to allocate hundreds of megabytes a step, to fill them with zeros and to
 * collect them costs a good part of it.
 */
export class OutputBuffers {
  readonly #buffers = new Map<string, Float32Array>()

  /** Room for an output; what was there under the same name is overwritten. */
  take(name: string, sizes: readonly number[]): Float32Array {
    const elements = sizes.reduce((product, size) => product * size, 1)
    const known = this.#buffers.get(name)
    if (known !== undefined && known.length >= elements) return known.subarray(0, elements)
    const made = new Float32Array(elements)
    this.#buffers.set(name, made)
    return made
  }
}

/** Samples under way, addressed by their position in the recording. Memory follows what is held, not what has passed. */
export class SampleQueue {
  #buffer = new Float32Array(1 << 15)
  /** Position of the first sample in the buffer. */
  #origin = 0
  #start = 0
  #end = 0

  /** First position held. */
  get start(): number {
    return this.#start
  }

  /** First position not yet here. */
  get end(): number {
    return this.#end
  }

  append(samples: Float32Array): void {
    if (this.#end - this.#origin + samples.length > this.#buffer.length) this.#makeRoom(samples.length)
    this.#buffer.set(samples, this.#end - this.#origin)
    this.#end += samples.length
  }

  /** A view, valid until the next `append`. */
  view(start: number, end: number): Float32Array {
    if (start < this.#start || end > this.#end) throw new RangeError(`samples ${start} to ${end} are not held`)
    return this.#buffer.subarray(start - this.#origin, end - this.#origin)
  }

  dropBefore(position: number): void {
    this.#start = Math.min(Math.max(this.#start, position), this.#end)
  }

  #makeRoom(count: number): void {
    const held = this.view(this.#start, this.#end)
    const needed = held.length + count
    const fits = 2 * needed <= this.#buffer.length
    const buffer = fits ? this.#buffer : new Float32Array(2 * needed)
    if (fits) buffer.copyWithin(0, held.byteOffset / held.BYTES_PER_ELEMENT, this.#end - this.#origin)
    else buffer.set(held)
    this.#buffer = buffer
    this.#origin = this.#start
  }
}

import {randomUUID} from 'node:crypto'
import {closeSync, openSync, rmSync, writeSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {LinguluError} from '../errors.js'
import type {FrameStoreDescriptor, FrameTransform} from './frame-store.js'

export interface FrameStoreWriterOptions {
  /** Values per frame. */
  readonly width: number
  /** What is held in memory before the rest of the features goes to a file. */
  readonly memoryLimitBytes?: number | undefined
  /** Where that file goes. Whoever owns the folder deletes it when this process dies. */
  readonly directory?: string | undefined
}

export const MEMORY_LIMIT_BYTES = 256 * 1024 * 1024
/** Long recordings grow by this much: nothing is ever copied to make room. A multiple of the size of a float. */
const SEGMENT_BYTES = 1024 * 1024

/** Takes features of unknown length, frame after frame, and keeps them in memory or, beyond a limit, in a file. */
export class FrameStoreWriter {
  readonly #width: number
  readonly #memoryLimitBytes: number
  readonly #path: string
  readonly #segments: ArrayBuffer[] = []
  #values = 0
  #flushed = 0
  #file: number | undefined

  constructor({width, memoryLimitBytes = MEMORY_LIMIT_BYTES, directory = tmpdir()}: FrameStoreWriterOptions) {
    this.#width = width
    this.#memoryLimitBytes = memoryLimitBytes
    this.#path = join(directory, `lingulu-${process.pid}-${randomUUID()}.frames`)
  }

  /** Complete frames so far. */
  get frames(): number {
    return Math.floor(this.#values / this.#width)
  }

  /**
   * Adds values in frame order; a frame may arrive in parts.
   *
   * @throws LinguluError OUTPUT_FAILED when the disk is full.
   */
  append(values: Float32Array): void {
    const perSegment = SEGMENT_BYTES / Float32Array.BYTES_PER_ELEMENT
    for (let done = 0; done < values.length; ) {
      const used = this.#values % perSegment
      if (used === 0) this.#addSegment()
      const part = values.subarray(done, done + perSegment - used)
      new Float32Array(this.#lastSegment()).set(part, used)
      this.#values += part.length
      done += part.length
    }
  }

  /** Ends writing. `transform` is applied when the frames are read. */
  finish(transform?: FrameTransform): FrameStoreDescriptor {
    const common = {frames: this.frames, width: this.#width, transform}
    if (this.#file === undefined) {
      return {...common, kind: 'memory', segments: this.#segments, segmentBytes: SEGMENT_BYTES}
    }
    this.#flush()
    closeSync(this.#file)
    this.#file = undefined
    return {...common, kind: 'file', path: this.#path}
  }

  /** Ends writing and keeps nothing. */
  discard(): void {
    this.#segments.length = 0
    if (this.#file === undefined) return
    closeSync(this.#file)
    this.#file = undefined
    rmSync(this.#path, {force: true})
  }

  #addSegment(): void {
    if (this.#file !== undefined) {
      // Spooling: one segment is the buffer, written out when it is full and then used again.
      this.#flush()
      return
    }
    if ((this.#segments.length + 1) * SEGMENT_BYTES <= this.#memoryLimitBytes) {
      this.#segments.push(new ArrayBuffer(SEGMENT_BYTES))
      return
    }
    this.#file = this.#open()
    this.#flush()
    this.#segments.splice(0, this.#segments.length, new ArrayBuffer(SEGMENT_BYTES))
  }

  #lastSegment(): ArrayBuffer {
    const last = this.#segments.at(-1)
    if (last === undefined) throw new Error('The writer is finished')
    return last
  }

  #open(): number {
    try {
      return openSync(this.#path, 'wx', 0o600)
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  /** Writes every value that is in memory and not yet in the file. */
  #flush(): void {
    const file = this.#file
    if (file === undefined) return
    for (const segment of this.#segments) {
      const values = Math.min(segment.byteLength / Float32Array.BYTES_PER_ELEMENT, this.#values - this.#flushed)
      this.#write(file, new Uint8Array(segment, 0, values * Float32Array.BYTES_PER_ELEMENT))
      this.#flushed += values
    }
  }

  #write(file: number, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
    } catch (cause) {
      this.discard()
      throw this.#failed(cause)
    }
  }

  #failed(cause: unknown): LinguluError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new LinguluError('OUTPUT_FAILED', `Cannot spool features to ${this.#path}: ${reason}.`, {
      cause,
      hint: 'Free some disk space, or set TMPDIR to a folder with room: an hour of audio takes 115 MB.',
    })
  }
}

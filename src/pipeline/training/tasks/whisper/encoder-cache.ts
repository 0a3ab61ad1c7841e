import {randomUUID} from 'node:crypto'
import {closeSync, mkdirSync, openSync, readSync, rmSync, writeSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {LinguluError} from '../../../errors.js'
import {float16ToFloat32, float32ToFloat16} from '../../../runtime/float16.js'

export interface EncoderCacheOptions {
  readonly precision: 'half' | 'single'
  /** Where the file goes. Default: the system's folder for temporary files. */
  readonly folder?: string | undefined
}

interface Place {
  readonly start: number
  readonly bytes: number
}

/** Keeps arrays of numbers in one file on the disk until it is closed. */
export class EncoderCache {
  readonly #path: string
  readonly #half: boolean
  readonly #places = new Map<string, Place>()
  #file: number | undefined
  #end = 0

  constructor({precision, folder = tmpdir()}: EncoderCacheOptions) {
    this.#half = precision === 'half'
    this.#path = join(folder, `lingulu-${process.pid}-${randomUUID()}.states`)
  }

  has(key: string): boolean {
    return this.#places.has(key)
  }

  /** @throws LinguluError OUTPUT_FAILED when the disk is full. */
  add(key: string, values: Float32Array): void {
    const stored = this.#half ? float32ToFloat16(values) : values
    const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
    try {
      this.#file ??= openUnnamed(this.#path)
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#end + done)
    } catch (cause) {
      throw this.#failed(cause)
    }
    this.#places.set(key, {start: this.#end, bytes: bytes.length})
    this.#end += bytes.length
  }

  /** What was added under this key, in the precision of the cache; undefined if nothing was. */
  read(key: string): Float32Array | undefined {
    const place = this.#places.get(key)
    if (place === undefined || this.#file === undefined) return undefined
    const bytes = new Uint8Array(place.bytes)
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, place.start + done)
      if (read === 0) throw new RangeError(`The cache of the encoder ends at byte ${place.start + done}.`)
      done += read
    }
    return this.#half ? float16ToFloat32(new Uint16Array(bytes.buffer)) : new Float32Array(bytes.buffer)
  }

  close(): void {
    if (this.#file === undefined) return
    closeSync(this.#file)
    this.#file = undefined
    this.#places.clear()
    rmSync(this.#path, {force: true})
  }

  #failed(cause: unknown): LinguluError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new LinguluError('OUTPUT_FAILED', `The encoder's outputs cannot be kept in ${this.#path}: ${reason}.`, {
      cause,
      hint: 'Free some disk space, set TMPDIR to a folder with room, or turn encoder_cache off.',
    })
  }
}

/** Without a name where the system allows it, so that nothing stays behind when the process is killed. */
function openUnnamed(path: string): number {
  mkdirSync(dirname(path), {recursive: true})
  const file = openSync(path, 'wx+', 0o600)
  try {
    rmSync(path, {force: true})
  } catch {
    // Windows keeps the name of an open file: it goes when the file is closed.
  }
  return file
}

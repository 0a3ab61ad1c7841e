import {closeSync, openSync, readSync, rmSync} from 'node:fs'
import type {FrameStore} from '../models/recognizer.js'

/**
 * What is done to each value when it is read: `max(value, floor) × scale + offset`. Some normalisations need the whole
 * recording (its maximum, its mean), which is known only when everything has been written; they cost nothing on reading.
 */
export interface FrameTransform {
  readonly floor?: number | undefined
  /** One number for all columns, or one for each. */
  readonly scale: number | Float64Array
  readonly offset: number | Float64Array
}

/**
 * Where features lie. Plain data that crosses threads of one process. Buffers should be transferred: shared ones are freed
 * only when the garbage collectors of both threads come by, which they do not hurry to do.
 */
export type FrameStoreDescriptor = {
  readonly frames: number
  /** Values per frame. */
  readonly width: number
  readonly transform?: FrameTransform | undefined
} & (
  | {readonly kind: 'memory'; readonly segments: readonly ArrayBuffer[]; readonly segmentBytes: number}
  | {readonly kind: 'file'; readonly path: string}
)

/** Opens what a `FrameStoreWriter` has written. Closing it deletes its spool file. */
export function openFrameStore(descriptor: FrameStoreDescriptor): FrameStore {
  const source = descriptor.kind === 'memory' ? memorySource(descriptor) : fileSource(descriptor.path)
  const {frames, width, transform} = descriptor
  return {
    frames,
    width,
    read(start, count) {
      const values = new Float32Array(count * width)
      const first = Math.max(0, start)
      const end = Math.min(start + count, frames)
      if (end <= first) return values
      // Frames outside the recording stay zero: the transform is for what was recorded.
      const inside = values.subarray((first - start) * width, (end - start) * width)
      source.read(first * width, inside)
      if (transform !== undefined) applyTransform(inside, width, transform)
      return values
    },
    close: async () => source.close(),
  }
}

/** Deletes the spool file of features that nobody will read. */
export function discardFrameStore(descriptor: FrameStoreDescriptor): void {
  if (descriptor.kind === 'file') rmSync(descriptor.path, {force: true})
}

interface ValueSource {
  /** Fills `into` from the value at `position` on. */
  read(position: number, into: Float32Array): void
  close(): void
}

function memorySource({
  segments,
  segmentBytes,
}: {
  readonly segments: readonly ArrayBuffer[]
  readonly segmentBytes: number
}): ValueSource {
  const perSegment = segmentBytes / Float32Array.BYTES_PER_ELEMENT
  const views = segments.map(segment => new Float32Array(segment))
  return {
    read(position, into) {
      for (let done = 0; done < into.length; ) {
        const index = Math.floor((position + done) / perSegment)
        const from = position + done - index * perSegment
        const part = views[index]?.subarray(from, from + into.length - done)
        if (part === undefined || part.length === 0)
          throw new RangeError(`Frame store ends before value ${position + done}`)
        into.set(part, done)
        done += part.length
      }
    },
    close: () => {
      views.length = 0
    },
  }
}

function fileSource(path: string): ValueSource {
  let file: number | undefined = openSync(path, 'r')
  return {
    read(position, into) {
      if (file === undefined) throw new RangeError('Frame store is closed')
      const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
      for (let done = 0; done < bytes.length; ) {
        const at = position * Float32Array.BYTES_PER_ELEMENT + done
        const read = readSync(file, bytes, done, bytes.length - done, at)
        if (read === 0) throw new RangeError(`Spool file ${path} ends before byte ${at}`)
        done += read
      }
    },
    close() {
      if (file === undefined) return
      closeSync(file)
      file = undefined
      rmSync(path, {force: true})
    },
  }
}

/** Transforms values in place, rows of `width`. */
export function applyTransform(values: Float32Array, width: number, {floor, scale, offset}: FrameTransform): void {
  if (floor !== undefined) for (let i = 0; i < values.length; i++) values[i] = Math.max(values[i] as number, floor)
  if (typeof scale === 'number' && typeof offset === 'number') {
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * scale + offset
    return
  }
  const scales = perColumn(scale, width)
  const offsets = perColumn(offset, width)
  for (let i = 0; i < values.length; i++) {
    values[i] = (values[i] as number) * (scales[i % width] as number) + (offsets[i % width] as number)
  }
}

function perColumn(value: number | Float64Array, width: number): Float64Array {
  return typeof value === 'number' ? new Float64Array(width).fill(value) : value
}

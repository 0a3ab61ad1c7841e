import {type FileHandle, open} from 'node:fs/promises'
import type {WeightSource} from './model.js'

/** Takes bytes that belong behind those before. */
export type Sink = (bytes: Uint8Array) => Promise<void>

/** Told how many bytes of weights were written since it was told before. */
export type Progress = (bytes: number) => void

const PIECE_BYTES = 1 << 24

/** Makes a new file of what `write` gives to its sink, and waits until it is on the disk. */
export async function writeStream(path: string, write: (sink: Sink) => Promise<void>): Promise<void> {
  const file: FileHandle = await open(path, 'wx')
  try {
    await write(async bytes => {
      let done = 0
      while (done < bytes.byteLength) done += (await file.write(bytes, done)).bytesWritten
    })
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Copies weights in pieces, so that memory does not grow with them. */
export async function copyWeights(source: WeightSource, sink: Sink, progress: Progress): Promise<void> {
  for (let start = 0; start < source.byteLength; start += PIECE_BYTES) {
    const end = Math.min(source.byteLength, start + PIECE_BYTES)
    await sink(await source.read(start, end))
    progress(end - start)
  }
}

import {open} from 'node:fs/promises'
import {LinguluError} from '../errors.js'
import type {WeightSource} from './model.js'

/** A part of a file. It is opened for each reading: a model may have thousands of weights. */
export function fileSource(path: string, offset: number, byteLength: number): WeightSource {
  async function readInto(target: Uint8Array, start: number): Promise<void> {
    const file = await open(path)
    try {
      let done = 0
      while (done < target.byteLength) {
        const {bytesRead} = await file.read(target, done, target.byteLength - done, offset + start + done)
        if (bytesRead === 0) throw new LinguluError('MODEL_INVALID', `${path} became shorter while it was read.`)
        done += bytesRead
      }
    } finally {
      await file.close()
    }
  }
  return {
    byteLength,
    readInto,
    async read(start, end) {
      const bytes = new Uint8Array(end - start)
      await readInto(bytes, start)
      return bytes
    },
  }
}

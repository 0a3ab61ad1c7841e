import {createReadStream} from 'node:fs'
import {LinguluError} from '../errors.js'

/** Without its line feed; `offset` in bytes. */
export interface Line {
  readonly line: Buffer
  readonly offset: number
}

/**
 * The lines of a file that a run has appended to: what follows the last line feed was torn and is no line. None where
 * there is no file.
 *
 * @throws LinguluError JOURNAL_INVALID if it cannot be read
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let pieces: Buffer[] = []
  let offset = 0
  try {
    for await (const chunk of createReadStream(path, {highWaterMark: 1 << 20})) {
      const bytes: Buffer = chunk
      let start = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        const line = Buffer.concat([...pieces, bytes.subarray(start, end)])
        yield {line, offset}
        pieces = []
        offset += line.length + 1
        start = end + 1
      }
      pieces.push(bytes.subarray(start))
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause) || cause instanceof LinguluError) throw cause
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return
    throw new LinguluError('JOURNAL_INVALID', `${path}: cannot be read (${String(cause.code)})`, {cause})
  }
}

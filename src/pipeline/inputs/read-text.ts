import {createReadStream} from 'node:fs'
import {TextDecoder} from 'node:util'

/** A file that is neither UTF-8 nor UTF-16 with a byte order mark. */
export class EncodingError extends Error {
  constructor(readonly line: number) {
    super(`line ${line}: not UTF-8 text`)
  }
}

/**
 * The text of a file in pieces, without its byte order mark. UTF-16 is known by its mark (spreadsheets save "Unicode
 * text" so).
 * @throws {EncodingError} with the line up to which the file is text.
 */
export async function* readText(path: string, signal?: AbortSignal): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  let line = 1
  for await (const chunk of createReadStream(path, {signal, highWaterMark: 1 << 18})) {
    const bytes: Buffer = chunk
    decoder ??= new TextDecoder(encodingOf(bytes), {fatal: true})
    const text = decode(decoder, bytes, line)
    line += countLines(text)
    yield text
  }
  if (decoder) yield decode(decoder, undefined, line)
}

function encodingOf(start: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

function decode(decoder: TextDecoder, bytes: Buffer | undefined, line: number): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, {stream: true})
  } catch {
    throw new EncodingError(line)
  }
}

function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

import {deflate} from 'pako'

/**
 * UTF-8 bytes of a text divided by its zlib-compressed bytes: high where the text repeats itself. The same number as
 * Python's `len(data) / len(zlib.compress(data))`. Node's own zlib is Chromium's, whose matches, and so sizes, differ.
 */
export function compressionRatio(text: string): number {
  const bytes = new TextEncoder().encode(text)
  return bytes.length / deflate(bytes, {legacyHash: true}).length
}

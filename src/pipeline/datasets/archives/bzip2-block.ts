import {ArchiveError} from './archive-member.js'
import type {BitReader} from './bit-reader.js'
import {type Codes, readCodes} from './bzip2-codes.js'

const BLOCK_MAGIC = [0x314159, 0x265359] as const
const END_MAGIC = [0x177245, 0x385090] as const
const GROUP_SYMBOLS = 50

/** A block before its runs are undone: the inverse of the Burrows–Wheeler transform as a list to walk. */
export interface Block {
  /** In the upper 24 bits the index of the next entry, in the lower 8 the byte. */
  readonly next: Uint32Array
  readonly length: number
  /** The entry that leads to the first byte. */
  readonly origin: number
  readonly checksum: number
}

/**
 * Reads a block; undefined at the end of the stream, with the bits at the beginning of a byte.
 * @throws ArchiveError if it is damaged, RangeError if it ends too early
 */
export function readBlock(bits: BitReader, maximumSymbols: number): Block | undefined {
  const magic = [bits.read(24), bits.read(24)]
  const checksum = ((bits.read(16) << 16) | bits.read(16)) >>> 0
  if (magic[0] === END_MAGIC[0] && magic[1] === END_MAGIC[1]) {
    bits.align()
    return undefined
  }
  if (magic[0] !== BLOCK_MAGIC[0] || magic[1] !== BLOCK_MAGIC[1]) throw damaged()
  if (bits.read(1) === 1) throw new ArchiveError('it was made by a bzip2 of before 1998 (randomised blocks)')
  const origin = bits.read(24)
  const alphabet = readAlphabet(bits)
  const codes = readCodes(bits, alphabet.length + 2)
  const symbols = readSymbols(bits, alphabet, codes, maximumSymbols)
  if (origin >= symbols.length) throw damaged()
  return {next: invert(symbols), length: symbols.length, origin, checksum}
}

function damaged(): ArchiveError {
  return new ArchiveError('it is damaged')
}

/** The bytes that occur, as a map of 16 × 16. */
function readAlphabet(bits: BitReader): Uint8Array {
  const rows = bits.read(16)
  const bytes: number[] = []
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue
    const columns = bits.read(16)
    for (let column = 0; column < 16; column++) if ((columns & (0x8000 >> column)) !== 0) bytes.push(16 * row + column)
  }
  if (bytes.length === 0) throw damaged()
  return Uint8Array.from(bytes)
}

/** Huffman codes, run lengths of the first byte, and move-to-front undone: the last column of the transform. */
function readSymbols(bits: BitReader, alphabet: Uint8Array, codes: Codes, maximum: number): Uint8Array {
  const symbols = new Uint8Array(maximum)
  const end = alphabet.length + 1
  let length = 0
  let run = 0
  let runWeight = 1
  for (let group = 0; ; group++) {
    const decode = codes.decoderOf(group)
    for (let i = 0; i < GROUP_SYMBOLS; i++) {
      const symbol = decode(bits)
      if (symbol <= 1) {
        run += runWeight << symbol
        runWeight <<= 1
        if (run > maximum) throw damaged()
        continue
      }
      if (run > 0) {
        if (length + run > maximum) throw damaged()
        symbols.fill(alphabet[0] ?? 0, length, length + run)
        length += run
        run = 0
        runWeight = 1
      }
      if (symbol === end) return symbols.subarray(0, length)
      if (length >= maximum) throw damaged()
      const byte = alphabet[symbol - 1] ?? 0
      alphabet.copyWithin(1, 0, symbol - 1)
      alphabet[0] = byte
      symbols[length++] = byte
    }
  }
}

function invert(symbols: Uint8Array): Uint32Array {
  const starts = new Uint32Array(257)
  for (const byte of symbols) starts[byte + 1] = (starts[byte + 1] ?? 0) + 1
  for (let byte = 0; byte < 256; byte++) starts[byte + 1] = (starts[byte + 1] ?? 0) + (starts[byte] ?? 0)
  const next = new Uint32Array(symbols.length)
  for (const [index, byte] of symbols.entries()) {
    const at = starts[byte] ?? 0
    starts[byte] = at + 1
    next[at] = (next[at] ?? 0) | ((index << 8) >>> 0)
    next[index] = ((next[index] ?? 0) & 0xffffff00) | byte
  }
  return next
}

import {ArchiveError} from './archive-member.js'
import type {BitReader} from './bit-reader.js'

const MAXIMUM_LENGTH = 20
/** Shorter codes, which are nearly all there are, are looked up; the others are searched for bit by bit. */
const LOOKED_UP_BITS = 10

/** Reads one symbol. */
export type Decoder = (bits: BitReader) => number

/** The Huffman codes of a block: one of two to six tables for every fifty symbols. */
export interface Codes {
  /** @throws ArchiveError beyond the last group */
  decoderOf(group: number): Decoder
}

/** @throws ArchiveError if they make no sense */
export function readCodes(bits: BitReader, symbols: number): Codes {
  const tables = bits.read(3)
  const groups = bits.read(15)
  if (tables < 2 || tables > 6 || groups < 1) throw damaged()
  const selectors = readSelectors(bits, tables, groups)
  const decoders = Array.from({length: tables}, () => decoderFor(readLengths(bits, symbols)))
  return {
    decoderOf(group) {
      const decoder = decoders[selectors[group] ?? -1]
      if (decoder === undefined) throw damaged()
      return decoder
    },
  }
}

/** Numbers of tables, moved to the front. */
function readSelectors(bits: BitReader, tables: number, groups: number): Uint8Array {
  const recent = Array.from({length: tables}, (_, table) => table)
  return Uint8Array.from({length: groups}, () => {
    let place = 0
    while (bits.read(1) === 1) if (++place >= tables) throw damaged()
    const [table = 0] = recent.splice(place, 1)
    recent.unshift(table)
    return table
  })
}

/** Lengths of codes, each as its difference from the one before. */
function readLengths(bits: BitReader, symbols: number): Uint8Array {
  let length = bits.read(5)
  return Uint8Array.from({length: symbols}, () => {
    for (;;) {
      if (length < 1 || length > MAXIMUM_LENGTH) throw damaged()
      if (bits.read(1) === 0) return length
      length += bits.read(1) === 0 ? 1 : -1
    }
  })
}

/** Canonical codes: those of a length follow one another, in the order of their symbols. */
function decoderFor(lengths: Uint8Array): Decoder {
  const shortest = Math.min(...lengths)
  const longest = Math.max(...lengths)
  const ordered = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b)
  const symbols = Uint16Array.from(ordered)
  // By length: the first code that is too long for it, and what leads from a code to its place among the symbols.
  const limits = new Int32Array(MAXIMUM_LENGTH + 1)
  const offsets = new Int32Array(MAXIMUM_LENGTH + 1)
  let code = 0
  let place = 0
  for (let length = shortest; length <= longest; length++) {
    const count = lengths.filter(other => other === length).length
    offsets[length] = place - code
    code += count
    place += count
    limits[length] = code
    code <<= 1
  }
  const table = lookUp(lengths, symbols, offsets)
  return bits => {
    const known = table[bits.peek(LOOKED_UP_BITS)] ?? 0
    if (known !== 0) {
      bits.skip(known >>> 16)
      return known & 0xffff
    }
    let value = bits.read(shortest)
    for (let length = shortest; length <= longest; length++) {
      if (value < (limits[length] ?? 0)) return symbols[value + (offsets[length] ?? 0)] ?? 0
      value = (value << 1) | bits.read(1)
    }
    throw damaged()
  }
}

/** By the next bits: in the upper half the length of the code that they begin with, in the lower half its symbol. */
function lookUp(lengths: Uint8Array, symbols: Uint16Array, offsets: Int32Array): Uint32Array {
  const table = new Uint32Array(1 << LOOKED_UP_BITS)
  for (let place = 0; place < symbols.length; place++) {
    const symbol = symbols[place] ?? 0
    const length = lengths[symbol] ?? 0
    const code = place - (offsets[length] ?? 0)
    const rest = LOOKED_UP_BITS - length
    if (rest >= 0) table.fill((length << 16) | symbol, code << rest, (code + 1) << rest)
  }
  return table
}

function damaged(): ArchiveError {
  return new ArchiveError('it is damaged')
}

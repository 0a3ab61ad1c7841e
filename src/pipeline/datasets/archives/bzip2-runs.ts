import {ArchiveError} from './archive-member.js'
import type {Block} from './bzip2-block.js'

const PIECE_BYTES = 1 << 20
/** Four equal bytes are followed by one that says how many more. */
const RUN_START = 4
const CRC_POLYNOMIAL = 0x04c11db7

const CRC_TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ CRC_POLYNOMIAL : value << 1
  return value
})

/**
 * The bytes of a block.
 * @throws ArchiveError if its checksum differs: what was given out before is wrong then
 */
export function* undoRuns({next, length, origin, checksum}: Block): Generator<Uint8Array> {
  let piece = new Uint8Array(PIECE_BYTES)
  let filled = 0
  let crc = 0xffffffff
  let entry = next[origin] ?? 0
  let previous = -1
  let equal = 0
  for (let left = length; left > 0; left--) {
    entry = next[entry >>> 8] ?? 0
    const byte = entry & 0xff
    const isCount = equal === RUN_START
    const value = isCount ? previous : byte
    for (let copies = isCount ? byte : 1; copies > 0; copies--) {
      crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ value] ?? 0)
      piece[filled++] = value
      if (filled < PIECE_BYTES) continue
      yield piece
      piece = new Uint8Array(PIECE_BYTES)
      filled = 0
    }
    equal = isCount ? 0 : byte === previous ? equal + 1 : 1
    previous = isCount ? -1 : byte
  }
  if (~crc >>> 0 !== checksum) throw new ArchiveError('it is damaged: a checksum in it differs')
  if (filled > 0) yield piece.subarray(0, filled)
}

const ID3V1_BYTES = 128
const APE_HEADER_BYTES = 32
const LYRICS_BEGIN_BYTES = 11

/** Length of the ID3, APE or lyrics tag at the beginning of these 32 bytes; 0 if there is none. */
export function mp3TagBytes(bytes: Uint8Array): number {
  const start = String.fromCharCode(...bytes.subarray(0, 8))
  if (start.startsWith('TAG')) return ID3V1_BYTES
  if (start.startsWith('ID3')) return id3v2Bytes(bytes)
  if (start === 'LYRICSBE') return LYRICS_BEGIN_BYTES
  if (start !== 'APETAGEX' || bytes.length < APE_HEADER_BYTES) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const isHeader = (view.getUint32(20, true) & 0x20000000) !== 0
  return APE_HEADER_BYTES + (isHeader ? view.getUint32(12, true) : 0)
}

const ID3V2_HEADER_BYTES = 10

/** Length of the ID3v2 tag at the beginning of `bytes`, which are ten or more; 0 if there is none. */
export function id3v2Bytes(bytes: Uint8Array): number {
  const [i, d, three, , , flags = 0, ...rest] = bytes.subarray(0, ID3V2_HEADER_BYTES)
  const isTag = i === 0x49 && d === 0x44 && three === 0x33 && rest.length === 4 && rest.every(byte => byte < 0x80)
  if (!isTag) return 0
  const footerBytes = flags & 0x10 ? ID3V2_HEADER_BYTES : 0
  return ID3V2_HEADER_BYTES + rest.reduce((sum, byte) => sum * 128 + byte, 0) + footerBytes
}

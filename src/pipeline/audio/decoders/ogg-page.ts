/** One page of an Ogg stream (RFC 3533). */
export interface OggPage {
  readonly serial: number
  readonly sequence: number
  /** Samples up to the end of the last packet that ends here; undefined where no packet does. */
  readonly granule: number | undefined
  readonly isContinued: boolean
  readonly isFirst: boolean
  readonly isLast: boolean
  /** Lengths of 255 run on into the next segment. */
  readonly segments: Uint8Array
  readonly body: Uint8Array
  /** Length of the page with its header. */
  readonly bytes: number
}

export const PAGE_HEADER_BYTES = 27
export const MAX_PAGE_BYTES = PAGE_HEADER_BYTES + 255 + 255 * 255

const CONTINUED = 1
const FIRST = 2
const LAST = 4

/** The page at `at`; undefined if there is none, if it is not complete or its checksum is wrong. */
export function parseOggPage(bytes: Uint8Array, at: number): OggPage | undefined {
  const page = parseHeader(bytes, at)
  if (page === undefined || at + page.bytes > bytes.length) return undefined
  const isRight =
    checksum(bytes.subarray(at, at + page.bytes)) ===
    new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(22, true)
  return isRight ? page : undefined
}

/** What a page cut off at the end of `bytes` still has: the segments that are whole, without position or checksum. */
export function parseCutOggPage(bytes: Uint8Array): OggPage | undefined {
  const page = parseHeader(bytes, 0)
  if (page === undefined) return undefined
  let length = 0
  const firstMissing = page.segments.findIndex(segment => {
    length += segment
    return length > page.body.length
  })
  const segments = firstMissing === -1 ? page.segments : page.segments.subarray(0, firstMissing)
  return {...page, granule: undefined, isLast: false, segments}
}

function parseHeader(bytes: Uint8Array, at: number): OggPage | undefined {
  if (bytes.length < at + PAGE_HEADER_BYTES || !isPageStart(bytes, at)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const segmentCount = view.getUint8(26)
  const segments = bytes.subarray(at + PAGE_HEADER_BYTES, at + PAGE_HEADER_BYTES + segmentCount)
  if (segments.length < segmentCount) return undefined
  const bodyBytes = segments.reduce((sum, length) => sum + length, 0)
  const pageBytes = PAGE_HEADER_BYTES + segmentCount + bodyBytes
  const flags = view.getUint8(5)
  const granule = view.getInt32(10, true) * 2 ** 32 + view.getUint32(6, true)
  return {
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    granule: granule < 0 ? undefined : granule,
    isContinued: (flags & CONTINUED) !== 0,
    isFirst: (flags & FIRST) !== 0,
    isLast: (flags & LAST) !== 0,
    segments,
    body: bytes.subarray(at + PAGE_HEADER_BYTES + segmentCount, at + pageBytes),
    bytes: pageBytes,
  }
}
export function isPageStart(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0x4f &&
    bytes[at + 1] === 0x67 &&
    bytes[at + 2] === 0x67 &&
    bytes[at + 3] === 0x53 &&
    bytes[at + 4] === 0
  )
}

/** CRC-32 with polynomial 0x04c11db7, not reflected; the checksum's own field counts as 0. */
function checksum(page: Uint8Array): number {
  let crc = 0
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : (page[i] as number)
    crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] as number)) >>> 0
  }
  return crc
}

const CRC_TABLE = Uint32Array.from({length: 256}, (_, index) => {
  let crc = index << 24
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc >>> 0
})

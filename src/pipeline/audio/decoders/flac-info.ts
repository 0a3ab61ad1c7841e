/** A FLAC stream's STREAMINFO block (RFC 9639, section 8.2). */
export interface FlacInfo {
  readonly minBlockSize: number
  readonly maxBlockSize: number
  readonly sampleRateHz: number
  readonly channels: number
  readonly bitsPerSample: number
  /** Undefined where the encoder did not know it. */
  readonly totalSamples: number | undefined
}

export const STREAMINFO_BYTES = 34

/** Undefined if the block cannot be one. */
export function parseFlacInfo(block: Uint8Array): FlacInfo | undefined {
  if (block.length < STREAMINFO_BYTES) return undefined
  const view = new DataView(block.buffer, block.byteOffset)
  const packed = view.getUint32(10)
  const total = (view.getUint8(13) & 15) * 2 ** 32 + view.getUint32(14)
  const info = {
    minBlockSize: view.getUint16(0),
    maxBlockSize: view.getUint16(2),
    sampleRateHz: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bitsPerSample: ((packed >>> 4) & 31) + 1,
    totalSamples: total === 0 ? undefined : total,
  }
  return info.maxBlockSize >= 16 && info.bitsPerSample >= 4 ? info : undefined
}

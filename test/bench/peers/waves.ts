const HEADER_BYTES = 44

/** 16 kHz, mono, 16 bits. */
export function writeWave(samples: Float32Array): Buffer {
  const data = Int16Array.from(samples, sample => Math.round(32_767 * Math.max(-1, Math.min(1, sample))))
  const bytes = Buffer.alloc(HEADER_BYTES + data.byteLength)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(16_000, 24)
  bytes.writeUInt32LE(32_000, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(data.byteLength, 40)
  Buffer.from(data.buffer).copy(bytes, HEADER_BYTES)
  return bytes
}

/** Reads what {@link writeWave} has written, the cheapest way there is: the others' decoders are not what is compared. */
export function readWave(bytes: Buffer): Float32Array {
  if (bytes.toString('latin1', 36, 40) !== 'data') throw new Error('not a wave file of this benchmark')
  const data = new Int16Array(bytes.buffer.slice(bytes.byteOffset + HEADER_BYTES, bytes.byteOffset + bytes.length))
  return Float32Array.from(data, sample => sample / 32_768)
}

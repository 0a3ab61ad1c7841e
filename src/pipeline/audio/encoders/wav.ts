const HEADER_BYTES = 44
const FULL_SCALE = 0x8000

/** 16-bit samples of a mono recording; what is louder than full scale is cut off. */
export function toInt16(samples: Float32Array): Int16Array {
  const out = new Int16Array(samples.length)
  for (let i = 0; i < out.length; i++) {
    const value = Math.round((samples[i] as number) * FULL_SCALE)
    out[i] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, value))
  }
  return out
}

/** A RIFF wave file of 16-bit mono samples. */
export function encodeWav(samples: Int16Array, sampleRateHz: number): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES + 2 * samples.length)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16) // bytes of the format
  bytes.writeUInt16LE(1, 20) // PCM
  bytes.writeUInt16LE(1, 22) // channels
  bytes.writeUInt32LE(sampleRateHz, 24)
  bytes.writeUInt32LE(2 * sampleRateHz, 28) // bytes a second
  bytes.writeUInt16LE(2, 32) // bytes of a frame
  bytes.writeUInt16LE(16, 34) // bits of a sample
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(2 * samples.length, 40)
  for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(samples[i] as number, HEADER_BYTES + 2 * i)
  return bytes
}

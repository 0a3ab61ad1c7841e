/** Builds wave files byte by byte, apart from the code under test. */

export interface WavOptions {
  readonly tag?: number
  readonly bits?: number
  readonly channels?: number
  readonly rateHz?: number
  readonly id?: 'RIFF' | 'RF64' | 'BW64'
  /** Overrides the size in the data chunk. */
  readonly dataBytes?: number
  readonly riffBytes?: number
  readonly isExtensible?: boolean
  /** Chunks before and after the sound: name and length. */
  readonly before?: readonly (readonly [string, number])[]
  readonly after?: readonly (readonly [string, number])[]
}

export function wavFile(data: Uint8Array, options: WavOptions = {}): Uint8Array {
  const {tag = 1, bits = 16, channels = 1, rateHz = 16_000, id = 'RIFF', isExtensible = false} = options
  const frameBytes = (bits / 8) * channels
  const format = Buffer.alloc(isExtensible ? 40 : 16)
  format.writeUInt16LE(isExtensible ? 0xfffe : tag, 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(rateHz, 4)
  format.writeUInt32LE(rateHz * frameBytes, 8)
  format.writeUInt16LE(frameBytes, 12)
  format.writeUInt16LE(bits, 14)
  if (isExtensible) {
    format.writeUInt16LE(22, 16)
    format.writeUInt16LE(bits, 18)
    format.writeUInt16LE(tag, 24)
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(format, 26)
  }
  const size64 = Buffer.alloc(28)
  size64.writeBigUInt64LE(BigInt(data.length), 8)
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    ...(id === 'RIFF' ? [] : [chunk('ds64', size64)]),
    ...(options.before ?? []).map(([name, bytes]) => chunk(name, Buffer.alloc(bytes, 7))),
    chunk('fmt ', format),
    chunk('data', data, id === 'RIFF' ? options.dataBytes : 0xffffffff),
    ...(options.after ?? []).map(([name, bytes]) => chunk(name, Buffer.alloc(bytes, 7))),
  ])
  const head = Buffer.alloc(8)
  head.write(id, 0, 'latin1')
  head.writeUInt32LE(options.riffBytes ?? (id === 'RIFF' ? body.length : 0xffffffff), 4)
  return new Uint8Array(Buffer.concat([head, body]))
}

function chunk(name: string, content: Uint8Array, size = content.length): Buffer {
  const head = Buffer.alloc(8)
  head.write(name, 0, 'latin1')
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)])
}

export function s16(samples: readonly number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(samples, sample => Math.round(sample * 0x8000)).buffer)
}

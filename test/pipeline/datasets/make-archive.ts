import {crc32, deflateRawSync, gzipSync} from 'node:zlib'
import {type Header, pack} from 'tar-stream'

export type TarMember = Partial<Header> & {readonly name: string; readonly content?: Buffer | string}

/** A tar file of these members, as they are: nothing is checked. */
export async function tarOf(members: readonly TarMember[]): Promise<Buffer> {
  const archive = pack()
  for (const {content = '', ...header} of members)
    if (header.type === undefined || header.type === 'file')
      archive.entry({...header, size: Buffer.byteLength(content)}, content)
    else archive.entry(header)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export const tarGzOf = async (members: readonly TarMember[]): Promise<Buffer> => gzipSync(await tarOf(members))

export interface ZipMember {
  readonly name: string
  readonly content?: Buffer | string
  /** Of Unix, with the type of the file. */
  readonly mode?: number
  readonly isEncrypted?: boolean
  /** What the directory says of its size. */
  readonly declaredBytes?: number
}

/** A zip file of these members, as they are: nothing is checked. */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const {name, content = '', mode = 0o100644, isEncrypted = false, declaredBytes} of members) {
    const plain = Buffer.from(content)
    const packed = deflateRawSync(plain)
    const fixed = Buffer.alloc(26)
    fixed.writeUInt16LE(20, 0)
    fixed.writeUInt16LE(0x800 | (isEncrypted ? 1 : 0), 2)
    fixed.writeUInt16LE(8, 4)
    fixed.writeUInt32LE(crc32(plain), 10)
    fixed.writeUInt32LE(packed.length, 14)
    fixed.writeUInt32LE(declaredBytes ?? plain.length, 18)
    fixed.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fixed, Buffer.from(name), packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE((mode << 16) >>> 0, 6)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fixed, rest, Buffer.from(name)]))
    files.push(local)
    offset += local.length
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...files, ...directory, end])
}

/** A recording without a sound in it. */
export function silentWav(samples: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(36 + 2 * samples, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(16_000, 24)
  header.writeUInt32LE(32_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(2 * samples, 40)
  return Buffer.concat([header, Buffer.alloc(2 * samples)])
}

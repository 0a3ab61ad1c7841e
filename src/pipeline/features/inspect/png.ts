import {crc32, deflateSync} from 'node:zlib'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const PALETTE_COLOURS = 3 // the type of image whose pixels are numbers of a palette

export interface IndexedImage {
  readonly width: number
  readonly height: number
  /** Row after row from the top, one number of a colour each. */
  readonly pixels: Uint8Array
  /** Red, green, blue of up to 256 colours. */
  readonly palette: Uint8Array
}

/** A PNG file (ISO/IEC 15948) with a palette. */
export function encodePng({width, height, pixels, palette}: IndexedImage): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, PALETTE_COLOURS, 0, 0, 0], 8)
  const rows = Buffer.alloc(height * (width + 1)) // each begins with 0: not filtered
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, {level: 9})),
    chunk('IEND', new Uint8Array(0)),
  ])
}

function chunk(type: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const out = Buffer.alloc(named.length + 8)
  out.writeUInt32BE(content.length, 0)
  named.copy(out, 4)
  out.writeUInt32BE(crc32(named), named.length + 4)
  return out
}

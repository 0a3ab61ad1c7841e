import {type Mp3Bits, type Mp3FrameMode, type Mp3Granule, readBits} from './mp3-side-info.js'
import {
  LINEAR_BITS,
  PAIR_CODE_STARTS,
  PAIR_CODES,
  PREAMPLIFICATION,
  QUAD_CODES,
  SCALEFACTOR_PARTITIONS,
  SCALEFACTOR_RADICES,
  SCALEFACTOR_WIDTHS,
} from './mp3-tables.js'

/** Raw scale factors of a channel, kept for the second granule and for intensity stereo; 255 is an illegal position. */
export type Mp3Positions = Uint8Array<ArrayBuffer>

export const POSITIONS = 39
const LARGEST_VALUE = 8191 + 15
/** x^(4/3), with which the quantizer's values are expanded. */
const EXPANDED = Float64Array.from({length: LARGEST_VALUE + 1}, (_, x) => x ** (4 / 3))

/** Reads the scale factors of a granule's channel and puts the gains they mean into `gains`, one per band. */
export function readScalefactors(
  bits: Mp3Bits,
  granule: Mp3Granule,
  mode: Mp3FrameMode,
  channel: number,
  positions: Mp3Positions,
  gains: Float64Array,
): void {
  const {longBands, shortBands, scalefactorShift, subblockGain} = granule
  const coding = mode.isMpeg1 ? mpeg1Coding(granule) : mpeg2Coding(granule, mode.isIntensity && channel === 1)
  readFactors(bits, positions, coding, gains)
  if (shortBands > 0) {
    for (let i = 0; i < shortBands; i++) {
      const gain = (subblockGain[i % 3] ?? 0) << (3 - scalefactorShift)
      gains[longBands + i] = (gains[longBands + i] ?? 0) + gain
    }
  } else if (granule.hasPreflag) {
    for (const [i, gain] of PREAMPLIFICATION.entries()) gains[11 + i] = (gains[11 + i] ?? 0) + gain
  }
  // −4 for a full scale of ±32768; mid/side coding multiplies both channels by √½.
  const gainQuarters = granule.globalGain - 4 - 210 - (mode.isMidSide ? 2 : 0)
  for (let band = 0; band < longBands + shortBands; band++) {
    gains[band] = 2 ** ((gainQuarters - (gains[band] as number) * 2 ** scalefactorShift) / 4)
  }
}

interface ScalefactorCoding {
  readonly widths: readonly number[]
  readonly counts: Uint8Array
  readonly shared: number
  /** MPEG-2: the largest value is an illegal intensity position. */
  readonly marksIllegal: boolean
}

function partitionsOf({longBands, shortBands}: Mp3Granule): Uint8Array {
  return SCALEFACTOR_PARTITIONS[(shortBands > 0 ? 1 : 0) + (longBands === 0 ? 1 : 0)] ?? new Uint8Array(28)
}

function mpeg1Coding(granule: Mp3Granule): ScalefactorCoding {
  const packed = SCALEFACTOR_WIDTHS[granule.scalefactorCompress] ?? 0
  const widths = [packed >> 2, packed >> 2, packed & 3, packed & 3]
  return {widths, counts: partitionsOf(granule), shared: granule.sharedScalefactors, marksIllegal: false}
}

/** The code is a number in mixed radix; which radices apply follows from its size (ISO/IEC 13818-3, 2.4.3.2). */
function mpeg2Coding(granule: Mp3Granule, isIntensityChannel: boolean): ScalefactorCoding {
  const widths = [0, 0, 0, 0]
  let code = isIntensityChannel ? granule.scalefactorCompress >> 1 : granule.scalefactorCompress
  let slot = isIntensityChannel ? 12 : 0
  for (; code >= 0; slot += 4) {
    let product = 1
    for (let i = 3; i >= 0; i--) {
      const radix = SCALEFACTOR_RADICES[slot + i] ?? 1
      widths[i] = Math.floor(code / product) % radix
      product *= radix
    }
    code -= product
  }
  return {widths, counts: partitionsOf(granule).subarray(slot), shared: 0, marksIllegal: true}
}

function readFactors(bits: Mp3Bits, positions: Mp3Positions, coding: ScalefactorCoding, factors: Float64Array): void {
  factors.fill(0)
  let at = 0
  for (let part = 0; part < 4; part++) {
    const count = coding.counts[part] ?? 0
    const width = coding.widths[part] ?? 0
    if (count === 0) break
    const illegal = coding.marksIllegal ? (1 << width) - 1 : -1
    for (let i = at; i < at + count; i++) {
      if (coding.shared & (8 >> part)) factors[i] = positions[i] ?? 0
      else {
        const value = width === 0 ? 0 : readBits(bits, width)
        positions[i] = width > 0 && value === illegal ? 255 : value
        factors[i] = value
      }
    }
    at += count
  }
}

/** Reads and dequantizes a granule's channel into `out[offset …]`, which must be 0. */
export function readSpectrum(
  bits: Mp3Bits,
  granule: Mp3Granule,
  gains: Float64Array,
  endBits: number,
  out: Float64Array,
  offset: number,
): void {
  const stream = new HuffmanStream(bits)
  const band: BandCursor = {next: 0, gain: 0, pairsLeft: 0}
  const at = readPairs(stream, granule, gains, band, out, offset)
  readQuads(stream, granule, gains, band, endBits, out, at)
}

/** Where in the scale factor bands the reading stands. */
interface BandCursor {
  next: number
  gain: number
  /** Pairs of values of the current band that are not read yet. */
  pairsLeft: number
}

/** Goes on to the next band; false behind the last. */
function enterBand(band: BandCursor, {bands}: Mp3Granule, gains: Float64Array): boolean {
  band.pairsLeft = (bands[band.next] as number) >> 1
  if (band.pairsLeft === 0) return false
  band.gain = gains[band.next++] as number
  return true
}

/** The values that can be large, in up to three regions with a Huffman table each. Returns the place behind them. */
function readPairs(
  stream: HuffmanStream,
  granule: Mp3Granule,
  gains: Float64Array,
  band: BandCursor,
  out: Float64Array,
  offset: number,
): number {
  let at = offset
  let pairsLeft = granule.bigValues
  for (let region = 0; pairsLeft > 0; region++) {
    const table = granule.tableSelect[region] ?? 0
    const bandsInRegion = (granule.regionBands[region] ?? 255) + 1
    for (let i = 0; i < bandsInRegion && pairsLeft > 0; i++) {
      if (!enterBand(band, granule, gains)) return at
      const pairs = Math.min(pairsLeft, band.pairsLeft)
      readBand(stream, table, pairs, band.gain, out, at)
      at += 2 * pairs
      pairsLeft -= pairs
      band.pairsLeft -= pairs
    }
  }
  return at
}

function readBand(
  stream: HuffmanStream,
  table: number,
  pairs: number,
  gain: number,
  out: Float64Array,
  offset: number,
): void {
  const start = PAIR_CODE_STARTS[table] as number
  const linearBits = LINEAR_BITS[table] as number
  const end = offset + 2 * pairs
  for (let at = offset; at < end; at += 2) {
    let width = 5
    let leaf = PAIR_CODES[start + stream.peek(width)] as number
    while (leaf < 0) {
      stream.skip(width)
      width = leaf & 7
      leaf = PAIR_CODES[start + stream.peek(width) - (leaf >> 3)] as number
    }
    stream.skip(leaf >> 8)
    for (let value = 0; value < 2; value++, leaf >>= 4) {
      let magnitude = leaf & 15
      if (magnitude === 15 && linearBits > 0) {
        magnitude += stream.peek(linearBits)
        stream.skip(linearBits)
        stream.refill()
      }
      if (magnitude > 0) out[at + value] = stream.sign() * (EXPANDED[magnitude] as number) * gain
    }
    stream.refill()
  }
}

/** Groups of four values of −1, 0 or 1, up to the end of the granule's data or of the bands. */
function readQuads(
  stream: HuffmanStream,
  granule: Mp3Granule,
  gains: Float64Array,
  band: BandCursor,
  endBits: number,
  out: Float64Array,
  offset: number,
): void {
  const codes = QUAD_CODES[granule.quadTable] as Uint8Array
  for (let at = offset; ; at += 4) {
    let leaf = codes[stream.peek(4)] as number
    if ((leaf & 8) === 0) leaf = codes[(leaf >> 3) + stream.peekBehind(4, leaf & 3)] as number
    stream.skip(leaf & 7)
    if (stream.positionBits() > endBits) return
    for (let value = 0; value < 4; value++) {
      if (value % 2 === 0 && --band.pairsLeft < 0) {
        if (!enterBand(band, granule, gains)) return
        band.pairsLeft--
      }
      if (leaf & (128 >> value)) out[at + value] = stream.sign() * band.gain
    }
    stream.refill()
  }
}

/** The next 24 to 32 bits of the main data in one word, from which codes are looked up. */
class HuffmanStream {
  readonly #bytes: Uint8Array
  #next: number
  #cache: number
  /** Bits used up in the word, less 8. */
  #used: number

  constructor({bytes, positionBits}: Mp3Bits) {
    this.#bytes = bytes
    this.#next = positionBits >> 3
    this.#cache = 0
    this.#used = 24
    this.refill()
    this.#cache <<= positionBits & 7
    this.#used += positionBits & 7
    this.refill()
  }

  /** The next `count` bits, 1 to 32. */
  peek(count: number): number {
    return this.#cache >>> (32 - count)
  }

  peekBehind(skipped: number, count: number): number {
    return (this.#cache << skipped) >>> (32 - count)
  }

  skip(count: number): void {
    this.#cache <<= count
    this.#used += count
  }

  /** Consumes a sign bit. */
  sign(): number {
    const sign = this.#cache < 0 ? -1 : 1
    this.skip(1)
    return sign
  }

  refill(): void {
    for (; this.#used >= 0; this.#used -= 8) this.#cache |= (this.#bytes[this.#next++] as number) << this.#used
  }

  positionBits(): number {
    return this.#next * 8 - 24 + this.#used
  }
}

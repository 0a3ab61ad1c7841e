import {LONG_BANDS, MIXED_BANDS, SHORT_BANDS} from './mp3-tables.js'

/** Bits of a frame's main data; past the end it gives zeros. */
export interface Mp3Bits {
  readonly bytes: Uint8Array
  readonly limitBits: number
  positionBits: number
}

/** How one channel of one granule is coded (ISO/IEC 11172-3, 2.4.1.7). */
export interface Mp3Granule {
  readonly dataBits: number
  /** Pairs of values in the Huffman-coded part that is not just −1, 0 and 1. */
  readonly bigValues: number
  readonly globalGain: number
  readonly scalefactorCompress: number
  readonly blockType: number
  readonly isMixed: boolean
  /** Widths of the scale factor bands, first the long ones, then three for each short one. */
  readonly bands: Uint8Array
  readonly longBands: number
  readonly shortBands: number
  readonly tableSelect: readonly number[]
  /** Number of bands, less one, in each region with its own Huffman table. */
  readonly regionBands: readonly number[]
  readonly subblockGain: readonly number[]
  readonly hasPreflag: boolean
  readonly scalefactorShift: number
  readonly quadTable: number
  /** One bit for each part of the scale factors that is taken over from the first granule. */
  readonly sharedScalefactors: number
}

export interface Mp3SideInfo {
  /** How many bytes before this frame its main data begins. */
  readonly mainDataBegin: number
  /** Granule by granule, channel by channel. */
  readonly granules: readonly Mp3Granule[]
}

export interface Mp3FrameMode {
  readonly isMpeg1: boolean
  readonly channels: 1 | 2
  /** Row of the band tables. */
  readonly rateIndex: number
  readonly isMidSide: boolean
  readonly isIntensity: boolean
}

export const SHORT_BLOCK = 2

/** `count` ≤ 16 bits. */
export function readBits(bits: Mp3Bits, count: number): number {
  const at = bits.positionBits >> 3
  const shift = 24 - (bits.positionBits & 7) - count
  bits.positionBits += count
  if (bits.positionBits > bits.limitBits) return 0
  const {bytes} = bits
  const window = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
  return (window >> shift) & ((1 << count) - 1)
}

/** What the header's bytes say about coding. */
export function frameMode(frame: Uint8Array): Mp3FrameMode {
  const [, flags = 0, rates = 0, mode = 0] = frame
  const index = ((rates >> 2) & 3) + (((flags >> 3) & 1) + ((flags >> 4) & 1)) * 3
  const isJoint = mode >> 6 === 1
  return {
    isMpeg1: (flags & 8) !== 0,
    channels: mode >> 6 === 3 ? 1 : 2,
    rateIndex: index === 0 ? 0 : index - 1,
    isMidSide: isJoint && (mode & 0x20) !== 0,
    isIntensity: isJoint && (mode & 0x10) !== 0,
  }
}

/** Undefined if the side information contradicts itself. */
export function readSideInfo(bits: Mp3Bits, mode: Mp3FrameMode): Mp3SideInfo | undefined {
  const {isMpeg1, channels} = mode
  const count = isMpeg1 ? channels * 2 : channels
  const mainDataBegin = isMpeg1 ? readBits(bits, 9) : readBits(bits, 8 + channels) >> channels
  // The upper bits are private.
  let shared = isMpeg1 ? readBits(bits, 7 + count) & (channels === 1 ? 0x0f : 0xff) : 0
  const granules: Mp3Granule[] = []
  for (let i = 0; i < count; i++) {
    if (channels === 1) shared <<= 4
    const granule = readGranule(bits, mode, shared)
    if (granule === undefined) return undefined
    granules.push(granule)
    if (granule.blockType === SHORT_BLOCK) shared &= 0x0f0f
    shared <<= 4
  }
  const dataBits = granules.reduce((sum, granule) => sum + granule.dataBits, 0)
  const isTooLong = dataBits + bits.positionBits > bits.limitBits + mainDataBegin * 8
  return isTooLong || bits.positionBits > bits.limitBits ? undefined : {mainDataBegin, granules}
}

function readGranule(bits: Mp3Bits, mode: Mp3FrameMode, shared: number): Mp3Granule | undefined {
  const dataBits = readBits(bits, 12)
  const bigValues = readBits(bits, 9)
  const globalGain = readBits(bits, 8)
  const scalefactorCompress = readBits(bits, mode.isMpeg1 ? 4 : 9)
  const blocks = readBits(bits, 1) === 1 ? readSwitchedBlocks(bits, mode) : readLongBlocks(bits, mode)
  if (bigValues > 288 || blocks === undefined) return undefined
  const sharedScalefactors = blocks.blockType === SHORT_BLOCK ? shared & 0x0f0f : shared
  return {
    dataBits,
    bigValues,
    globalGain,
    scalefactorCompress,
    ...blocks,
    hasPreflag: mode.isMpeg1 ? readBits(bits, 1) === 1 : scalefactorCompress >= 500,
    scalefactorShift: readBits(bits, 1) + 1,
    quadTable: readBits(bits, 1),
    sharedScalefactors: (sharedScalefactors >> 12) & 15,
  }
}

type Blocks = Pick<
  Mp3Granule,
  'blockType' | 'isMixed' | 'bands' | 'longBands' | 'shortBands' | 'tableSelect' | 'regionBands' | 'subblockGain'
>

function readLongBlocks(bits: Mp3Bits, {rateIndex}: Mp3FrameMode): Blocks {
  const tableSelect = [readBits(bits, 5), readBits(bits, 5), readBits(bits, 5)]
  const regionBands = [readBits(bits, 4), readBits(bits, 3), 255]
  return {blockType: 0, isMixed: false, ...longLayout(rateIndex), tableSelect, regionBands, subblockGain: [0, 0, 0]}
}

function readSwitchedBlocks(bits: Mp3Bits, {rateIndex, isMpeg1}: Mp3FrameMode): Blocks | undefined {
  const blockType = readBits(bits, 2)
  const isMixed = readBits(bits, 1) === 1
  const tableSelect = [readBits(bits, 5), readBits(bits, 5), 0]
  const subblockGain = [readBits(bits, 3), readBits(bits, 3), readBits(bits, 3)]
  if (blockType === 0) return undefined
  const isShort = blockType === SHORT_BLOCK
  const layout = !isShort ? longLayout(rateIndex) : isMixed ? mixedLayout(rateIndex, isMpeg1) : shortLayout(rateIndex)
  const regionBands = [isShort && !isMixed ? 8 : 7, 255, 255]
  return {blockType, isMixed, ...layout, tableSelect, regionBands, subblockGain}
}

type Layout = Pick<Mp3Granule, 'bands' | 'longBands' | 'shortBands'>

const NO_BANDS = new Uint8Array(1)

function longLayout(rateIndex: number): Layout {
  return {bands: LONG_BANDS[rateIndex] ?? NO_BANDS, longBands: 22, shortBands: 0}
}

function shortLayout(rateIndex: number): Layout {
  return {bands: SHORT_BANDS[rateIndex] ?? NO_BANDS, longBands: 0, shortBands: 39}
}

function mixedLayout(rateIndex: number, isMpeg1: boolean): Layout {
  return {bands: MIXED_BANDS[rateIndex] ?? NO_BANDS, longBands: isMpeg1 ? 8 : 6, shortBands: 30}
}

/** The four bytes before every MPEG audio frame (ISO/IEC 11172-3 and 13818-3; 2.5 is the usual extension). */
export interface Mp3Header {
  readonly layer: 1 | 2 | 3
  /** MPEG-1; otherwise MPEG-2 or 2.5, whose layer III frames have one granule. */
  readonly isMpeg1: boolean
  readonly sampleRateHz: number
  readonly channels: 1 | 2
  readonly samplesPerFrame: number
  /** With the header itself. */
  readonly frameBytes: number
}

export const HEADER_BYTES = 4
/** Layer III at 320 kbit/s and 32 kHz, or 160 kbit/s and 8 kHz, with padding. */
export const MAX_FRAME_BYTES = 2881

const KBPS: Readonly<Record<string, readonly number[]>> = {
  '1.1': [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1.2': [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1.3': [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2.1': [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2.2': [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2.3': [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const RATES_HZ = [44100, 48000, 32000]

/** Undefined where there is no valid header. The free bit rate counts as invalid: nobody uses it. */
export function parseMp3Header(bytes: Uint8Array, at: number): Mp3Header | undefined {
  const [sync, flags, rates, mode] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  if (sync !== 0xff || flags === undefined || rates === undefined || mode === undefined) return undefined
  const isMpeg1 = (flags & 0xf8) === 0xf8
  const isMpeg25 = (flags & 0xf8) === 0xe0 || (flags & 0xf8) === 0xe8
  if (!isMpeg1 && (flags & 0xf8) !== 0xf0 && (flags & 0xf8) !== 0xe0) return undefined
  const layer = ([undefined, 3, 2, 1] as const)[(flags >> 1) & 3]
  const baseRateHz = RATES_HZ[(rates >> 2) & 3]
  if (layer === undefined || baseRateHz === undefined) return undefined
  const kbps = KBPS[`${isMpeg1 ? 1 : 2}.${layer}`]?.[(rates >> 4) - 1]
  if (kbps === undefined) return undefined
  const sampleRateHz = isMpeg1 ? baseRateHz : baseRateHz / (isMpeg25 ? 4 : 2)
  const samplesPerFrame = layer === 1 ? 384 : layer === 3 && !isMpeg1 ? 576 : 1152
  const slotBytes = layer === 1 ? 4 : 1
  const slots = Math.floor((samplesPerFrame * kbps * 125) / sampleRateHz / slotBytes) + ((rates >> 1) & 1)
  const channels = mode >> 6 === 3 ? 1 : 2
  return {layer, isMpeg1, sampleRateHz, channels, samplesPerFrame, frameBytes: slots * slotBytes}
}

/** Whether two headers can belong to one stream: same version, layer and rate. */
export function areCompatible(a: Mp3Header, b: Mp3Header): boolean {
  return a.layer === b.layer && a.sampleRateHz === b.sampleRateHz && a.isMpeg1 === b.isMpeg1
}

/** How many whole frames follow one another from `at`, counting up to `limit`; `atEnd` if the bytes then run out. */
export function countFrames(bytes: Uint8Array, at: number, limit: number): {frames: number; atEnd: boolean} {
  const first = parseMp3Header(bytes, at)
  let next = at
  let frames = 0
  for (; frames < limit; frames++) {
    const header = parseMp3Header(bytes, next)
    if (next + HEADER_BYTES > bytes.length) return {frames, atEnd: true}
    if (!first || !header || !areCompatible(first, header)) return {frames, atEnd: false}
    next += header.frameBytes
  }
  return {frames, atEnd: next >= bytes.length}
}

const CONVINCING_FRAMES = 4

/** Where the frames begin: 0 needs little evidence, a later place four frames in a row. */
export function findMp3Start(bytes: Uint8Array): number | undefined {
  for (let at = 0; at + HEADER_BYTES <= bytes.length; at++) {
    if (bytes[at] !== 0xff) continue
    const {frames, atEnd} = countFrames(bytes, at, CONVINCING_FRAMES)
    if (frames === CONVINCING_FRAMES || (at === 0 && frames > 0 && atEnd)) return at
  }
  return undefined
}

export function isLayer3(bytes: Uint8Array): boolean {
  return parseMp3Header(bytes, 0)?.layer === 3
}

import {HEADER_BYTES, MAX_FRAME_BYTES} from './mp3-header.js'
import {createHybrid} from './mp3-hybrid.js'
import {
  frameMode,
  type Mp3Bits,
  type Mp3FrameMode,
  type Mp3Granule,
  type Mp3SideInfo,
  readSideInfo,
} from './mp3-side-info.js'

import {POSITIONS, readScalefactors, readSpectrum} from './mp3-spectrum.js'
import {LINES, undoJointStereo} from './mp3-stereo.js'
import {createSynthesis} from './mp3-synthesis.js'

/** Decodes the frames of one stream, which depend on one another. */
export interface Mp3FrameDecoder {
  /**
   * Decodes a whole frame into `out[channel][at …]`. False if it cannot be decoded, because it is damaged or because
   * data it needs from earlier frames is not there; `out` is then left as it is.
   */
  decode(frame: Uint8Array, out: readonly Float32Array[], at: number): boolean
}

/** How far back a frame may reach: nine bits. */
const RESERVOIR_BYTES = 511
const CRC_BITS = 16

/** MPEG audio layer III, after minimp3 (https://github.com/lieff/minimp3, CC0), in double precision. */
export function createMp3FrameDecoder(): Mp3FrameDecoder {
  // Zeros behind the end let the Huffman decoder look ahead.
  const mainData = new Uint8Array(RESERVOIR_BYTES + MAX_FRAME_BYTES + 4096)
  const reservoir = new Uint8Array(RESERVOIR_BYTES)
  let reserved = 0
  const spectrum = new Float64Array(2 * LINES)
  const leftPositions = new Uint8Array(POSITIONS + 1)
  const rightPositions = new Uint8Array(POSITIONS + 1)
  const gains = new Float64Array(POSITIONS + 1)
  const channels = [channelState(spectrum, 0), channelState(spectrum, 1)]

  /** Puts what the frame needs in front of it; undefined if not enough is left of earlier frames. */
  const gather = (frame: Uint8Array, from: number, begin: number): Mp3Bits | undefined => {
    const kept = Math.min(reserved, begin)
    mainData.set(reservoir.subarray(reserved - kept, reserved))
    mainData.set(frame.subarray(from), kept)
    const bytes = kept + frame.length - from
    mainData.fill(0, bytes)
    const bits = {bytes: mainData, limitBits: bytes * 8, positionBits: 0}
    if (reserved >= begin) return bits
    keep(bits)
    return undefined
  }
  const keep = ({limitBits, positionBits}: Mp3Bits) => {
    const end = limitBits / 8
    const from = Math.max(Math.ceil(positionBits / 8), end - RESERVOIR_BYTES)
    reserved = Math.max(0, end - from)
    reservoir.set(mainData.subarray(from, from + reserved))
  }
  const decodeGranule = (
    bits: Mp3Bits,
    mode: Mp3FrameMode,
    granules: readonly Mp3Granule[],
    out: readonly Float32Array[],
    at: number,
  ) => {
    spectrum.fill(0)
    for (const [channel, granule] of granules.entries()) {
      const end = bits.positionBits + granule.dataBits
      readScalefactors(bits, granule, mode, channel, channel === 0 ? leftPositions : rightPositions, gains)
      readSpectrum(bits, granule, gains, end, spectrum, channel * LINES)
      bits.positionBits = end
    }
    undoJointStereo(spectrum, mode, granules, rightPositions)
    for (const [channel, granule] of granules.entries()) {
      const state = channels[channel]
      const samples = out[channel]
      if (state === undefined || samples === undefined) continue
      state.hybrid.run(state.lines, granule, mode.rateIndex === 1)
      state.synthesis.run(state.lines, samples, at)
    }
  }
  return {
    decode(frame, out, at) {
      const mode = frameMode(frame)
      const side = sideInfoOf(frame, mode)
      if (side === undefined) {
        reserved = 0
        return false
      }
      const {info, bytes} = side
      const bits = gather(frame, bytes, info.mainDataBegin)
      if (bits === undefined) return false
      for (let i = 0; i < info.granules.length; i += mode.channels) {
        decodeGranule(bits, mode, info.granules.slice(i, i + mode.channels), out, at + (i / mode.channels) * LINES)
      }
      keep(bits)
      return true
    },
  }
}

function channelState(spectrum: Float64Array, channel: number) {
  const lines = spectrum.subarray(channel * LINES, (channel + 1) * LINES)
  return {lines, hybrid: createHybrid(), synthesis: createSynthesis()}
}

function sideInfoOf(frame: Uint8Array, mode: Mp3FrameMode): {info: Mp3SideInfo; bytes: number} | undefined {
  const hasCrc = ((frame[1] ?? 0) & 1) === 0
  const bits = {bytes: frame, limitBits: frame.length * 8, positionBits: HEADER_BYTES * 8 + (hasCrc ? CRC_BITS : 0)}
  const info = readSideInfo(bits, mode)
  return info && {info, bytes: Math.ceil(bits.positionBits / 8)}
}

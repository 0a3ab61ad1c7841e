import type {Mp3FrameMode, Mp3Granule} from './mp3-side-info.js'
import type {Mp3Positions} from './mp3-spectrum.js'

/** Lines in the spectrum of one channel; the right channel's follow the left's. */
export const LINES = 576

/** Shares of left and right for the seven intensity positions of MPEG-1: tan(position · π/12) to 1. */
const PAN = Array.from({length: 7}, (_, position) => {
  const ratio = Math.tan((position * Math.PI) / 12)
  return position === 6 ? [1, 0] : [ratio / (1 + ratio), 1 / (1 + ratio)]
})

/** Undoes joint stereo in place (ISO/IEC 11172-3, 2.4.3.4.9). `right` is the granule of the right channel. */
export function undoJointStereo(
  spectrum: Float64Array,
  mode: Mp3FrameMode,
  [left, right]: readonly Mp3Granule[],
  positions: Mp3Positions,
): void {
  if (left === undefined || right === undefined) return
  if (mode.isIntensity) undoIntensity(spectrum, mode, left, right, positions)
  else if (mode.isMidSide) undoMidSide(spectrum, 0, LINES)
}

function undoMidSide(spectrum: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const mid = spectrum[i] as number
    const side = spectrum[i + LINES] as number
    spectrum[i] = mid + side
    spectrum[i + LINES] = mid - side
  }
}

/** Above the last line of the right channel, each band is one signal at a position between left and right. */
function undoIntensity(
  spectrum: Float64Array,
  mode: Mp3FrameMode,
  left: Mp3Granule,
  right: Mp3Granule,
  positions: Mp3Positions,
): void {
  const {bands, longBands, shortBands} = left
  const bandCount = longBands + shortBands
  const windows = shortBands > 0 ? 3 : 1
  const top = topBands(spectrum, bands, bandCount)
  if (longBands > 0) top.fill(Math.max(...top))
  // The last band has no position of its own: it takes that of the band below, or the middle if that one is not intensity.
  for (let window = 0; window < windows; window++) {
    const last = bandCount - windows + window
    const below = last - windows
    const middle = mode.isMpeg1 ? 3 : 0
    positions[last] = (top[window] as number) >= below ? middle : (positions[below] as number)
  }
  const positionCount = mode.isMpeg1 ? 7 : 64
  let from = 0
  for (let band = 0; band < bandCount; band++) {
    const to = from + (bands[band] as number)
    const position = positions[band] as number
    if (band > (top[band % 3] as number) && position < positionCount) {
      const [leftShare, rightShare] = shares(position, mode.isMpeg1, right.scalefactorCompress & 1)
      place(spectrum, from, to, mode.isMidSide ? Math.SQRT2 : 1, leftShare, rightShare)
    } else if (mode.isMidSide) undoMidSide(spectrum, from, to)
    from = to
  }
}

/** For each of three windows (or all together) the last band in which the right channel has anything. */
function topBands(spectrum: Float64Array, bands: Uint8Array, bandCount: number): [number, number, number] {
  const top: [number, number, number] = [-1, -1, -1]
  let from = LINES
  for (let band = 0; band < bandCount; band++) {
    const to = from + (bands[band] as number)
    if (spectrum.subarray(from, to).some(line => line !== 0)) top[band % 3] = band
    from = to
  }
  return top
}

function shares(position: number, isMpeg1: boolean, scale: number): readonly [number, number] {
  if (isMpeg1) {
    const [left = 0, right = 0] = PAN[position] ?? []
    return [left, right]
  }
  const smaller = 2 ** (-(((position + 1) >> 1) << scale) / 4)
  return position & 1 ? [smaller, 1] : [1, smaller]
}

function place(spectrum: Float64Array, from: number, to: number, gain: number, left: number, right: number): void {
  for (let i = from; i < to; i++) {
    const line = (spectrum[i] as number) * gain
    spectrum[i + LINES] = line * right
    spectrum[i] = line * left
  }
}

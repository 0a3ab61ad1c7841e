import {encodePng} from './png.js'

/** Dark blue over green to yellow: Viridis by a polynomial (M. Zucker, CC0), coefficients of rising power for each colour. */
const VIRIDIS: readonly (readonly [red: number, green: number, blue: number])[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
]
const COLOURS = 256

/** Features as they were computed: frame after frame, the lowest band first. */
export interface FeatureMatrix {
  readonly values: Float32Array
  readonly frames: number
  readonly width: number
}

export interface ImageOptions {
  /** More frames than that are averaged together. */
  readonly mostColumns: number
  /** Pixels of a value in each direction. */
  readonly zoom: number
}

/** A picture of features as a PNG file: time from left to right, the lowest band at the bottom, the greatest value brightest. */
export function featureImage(matrix: FeatureMatrix, {mostColumns, zoom}: ImageOptions): Uint8Array {
  const columns = Math.min(mostColumns, matrix.frames)
  const means = averageFrames(matrix, columns)
  const {least, greatest} = extremes(means)
  const scale = greatest > least ? (COLOURS - 1) / (greatest - least) : 0
  const [width, height] = [columns * zoom, matrix.width * zoom]
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const band = matrix.width - 1 - Math.floor(y / zoom)
    for (let x = 0; x < width; x++) {
      const value = means[Math.floor(x / zoom) * matrix.width + band] as number
      pixels[y * width + x] = Math.round((value - least) * scale)
    }
  }
  return encodePng({width, height, pixels, palette: viridis()})
}

function averageFrames({values, frames, width}: FeatureMatrix, columns: number): Float32Array {
  if (columns === frames) return values
  const means = new Float32Array(columns * width)
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * frames) / columns)
    const to = Math.floor(((column + 1) * frames) / columns)
    for (let band = 0; band < width; band++) {
      let sum = 0
      for (let frame = from; frame < to; frame++) sum += values[frame * width + band] as number
      means[column * width + band] = sum / (to - from)
    }
  }
  return means
}

function extremes(values: Float32Array): {readonly least: number; readonly greatest: number} {
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  return {least, greatest}
}

function viridis(): Uint8Array {
  const palette = new Uint8Array(3 * COLOURS)
  for (let colour = 0; colour < COLOURS; colour++) {
    const at = colour / (COLOURS - 1)
    for (let channel = 0; channel < 3; channel++) {
      const value = VIRIDIS.reduceRight((sum, coefficients) => sum * at + (coefficients[channel] ?? 0), 0)
      palette[3 * colour + channel] = Math.max(0, Math.min(255, Math.round(value * 255)))
    }
  }
  return palette
}

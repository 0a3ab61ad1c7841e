const BLOCK_SECONDS = 0.4
const BLOCK_STEPS = 4 // blocks overlap by three quarters
const ABSOLUTE_GATE_LUFS = -70
const RELATIVE_GATE_LU = -10
/** Makes a full-scale sine of 997 Hz in one channel −3.01 LUFS. */
const OFFSET_LU = -0.691

/** Measures one channel's loudness as it streams by; memory grows by ten numbers a second. */
export interface LoudnessMeter {
  push(samples: Float32Array): void
  /** Integrated loudness in LUFS; −∞ for silence. A recording shorter than one block counts as one. */
  integratedLufs(): number
}

/** Integrated loudness by ITU-R BS.1770-4 and EBU R 128: K-weighting, blocks of 400 ms, two gates. */
export function createLoudnessMeter(sampleRateHz: number): LoudnessMeter {
  const weigh = createKWeighting(sampleRateHz)
  const stepSamples = Math.round((BLOCK_SECONDS / BLOCK_STEPS) * sampleRateHz)
  const stepPowers: number[] = []
  let sum = 0
  let count = 0
  return {
    push(samples) {
      for (let i = 0; i < samples.length; i++) {
        const weighted = weigh(samples[i] as number)
        sum += weighted * weighted
        if (++count < stepSamples) continue
        stepPowers.push(sum / stepSamples)
        sum = 0
        count = 0
      }
    },
    integratedLufs() {
      const blocks = blockPowers(stepPowers)
      const shortPower =
        (mean(stepPowers) * stepPowers.length * stepSamples + sum) / (stepPowers.length * stepSamples + count)
      return gatedLoudness(blocks.length > 0 ? blocks : [shortPower])
    },
  }
}

function blockPowers(steps: readonly number[]): number[] {
  return steps.slice(BLOCK_STEPS - 1).map((_, i) => mean(steps.slice(i, i + BLOCK_STEPS)))
}

function gatedLoudness(blocks: readonly number[]): number {
  const audible = blocks.filter(power => lufs(power) > ABSOLUTE_GATE_LUFS)
  const gate = lufs(mean(audible)) + RELATIVE_GATE_LU
  return lufs(mean(audible.filter(power => lufs(power) > gate)))
}

function lufs(power: number): number {
  return OFFSET_LU + 10 * Math.log10(power)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The shelf of the head and a high-pass, as analogue prototypes taken to any rate by the bilinear transform. */
function createKWeighting(sampleRateHz: number): (sample: number) => number {
  const shelf = shelfCoefficients(sampleRateHz)
  const highPass = highPassCoefficients(sampleRateHz)
  const first = createBiquad(shelf)
  const second = createBiquad(highPass)
  return sample => second(first(sample))
}

interface Biquad {
  readonly b: readonly [number, number, number]
  readonly a: readonly [number, number]
}

function shelfCoefficients(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRateHz)
  const q = 0.7071752369554196
  const high = 10 ** (3.999843853973347 / 20)
  const band = high ** 0.4996667741545416
  const scale = 1 + k / q + k * k
  return {
    b: [(high + (band * k) / q + k * k) / scale, (2 * (k * k - high)) / scale, (high - (band * k) / q + k * k) / scale],
    a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale],
  }
}

function highPassCoefficients(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRateHz)
  const q = 0.5003270373238773
  const scale = 1 + k / q + k * k
  return {b: [1, -2, 1], a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale]}
}

function createBiquad({b: [b0, b1, b2], a: [a1, a2]}: Biquad): (sample: number) => number {
  let z1 = 0
  let z2 = 0
  return sample => {
    const out = b0 * sample + z1
    z1 = b1 * sample - a1 * out + z2
    z2 = b2 * sample - a2 * out
    return out
  }
}

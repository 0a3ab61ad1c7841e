import {describe, expect, test} from 'vitest'
import {createRealFft} from '../../../src/pipeline/features/fft.js'

/** |X[k]|² by definition. */
function slowPower(signal: Float64Array, size: number): Float64Array {
  return Float64Array.from({length: size / 2 + 1}, (_, k) => {
    let re = 0
    let im = 0
    for (const [n, value] of signal.entries()) {
      const angle = (-2 * Math.PI * ((k * n) % size)) / size
      re += value * Math.cos(angle)
      im += value * Math.sin(angle)
    }
    return re * re + im * im
  })
}

function noise(count: number): Float64Array {
  let state = 12345
  return Float64Array.from({length: count}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 31
  })
}

describe('the power spectrum', () => {
  test.each([2, 4, 6, 8, 10, 12, 16, 30, 64, 100, 240, 320, 400, 480, 512, 1024])(
    'of %i values is that of the definition',
    size => {
      const signal = noise(size)
      const power = new Float64Array(size / 2 + 1)
      createRealFft(size).power(signal, 0, new Float64Array(size).fill(1), power)
      const expected = slowPower(signal, size)
      const loudest = Math.max(...expected)
      for (const [k, value] of power.entries()) expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-12 * loudest)
    },
  )

  test('starts at the offset, is windowed, and fills what the window leaves with zeros', () => {
    const signal = noise(600)
    const window = Float64Array.from({length: 400}, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 400))
    const fft = createRealFft(512)
    const power = new Float64Array(fft.bins)
    fft.power(signal, 150, window, power)
    const expected = slowPower(
      window.map((weight, n) => weight * signal[150 + n]!),
      512,
    )
    for (const [k, value] of power.entries()) expect(value).toBeCloseTo(expected[k]!, 9)
    expect(fft.bins).toBe(257)
  })

  test('leaves nothing behind for the next call', () => {
    const fft = createRealFft(400)
    const window = new Float64Array(400).fill(1)
    const power = new Float64Array(fft.bins)
    fft.power(noise(400), 0, window, power)
    fft.power(new Float64Array(400), 0, window, power)
    expect(Math.max(...power)).toBe(0)
  })

  test.each([14, 401, 7])('of %i values is not offered', size => {
    expect(() => createRealFft(size)).toThrow(RangeError)
  })
})

import {describe, expect, test} from 'vitest'
import {float16ToFloat32, float32ToFloat16} from '../../../src/pipeline/runtime/float16.js'

/** What a half stands for, by the definition of IEEE 754. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const mantissa = half & 0x3ff
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25)
}

const ALL = Uint16Array.from({length: 65_536}, (_, i) => i)
const FINITE = ALL.filter(half => (half & 0x7c00) !== 0x7c00)

test('every half becomes the float of the same value', () => {
  const floats = float16ToFloat32(ALL)
  expect([...ALL].filter(half => !Object.is(floats[half], halfValue(half)))).toEqual([])
})

test('every half but NaN survives the way there and back', () => {
  const back = float32ToFloat16(float16ToFloat32(ALL))
  const isNan = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0
  expect([...ALL].filter(half => !isNan(half) && back[half] !== half)).toEqual([])
  expect([...ALL].filter(half => isNan(half) !== isNan(back[half] ?? 0))).toEqual([])
})

test('a value between two halves goes to the nearer, a tie to the even one', () => {
  const wrong: number[] = []
  for (const half of FINITE) {
    const low = halfValue(half)
    const next = (half & 0x7fff) === 0x7bff ? Math.sign(low) * 65_536 : halfValue(half + 1)
    const quarter = low + (next - low) / 4
    const middle = low + (next - low) / 2
    const most = low + ((next - low) * 3) / 4
    const even = half % 2 === 0 ? half : half + 1
    const got = float32ToFloat16(Float32Array.of(quarter, middle, most))
    if (got[0] !== half || got[1] !== even || got[2] !== half + 1) wrong.push(half)
  }
  expect(wrong).toEqual([])
})

describe('beyond the range of a half', () => {
  test.each([
    ['65519.996', 65_519.996, 0x7bff],
    ['65520 and more', 65_520, 0x7c00],
    ['infinity', Number.POSITIVE_INFINITY, 0x7c00],
    ['minus infinity', Number.NEGATIVE_INFINITY, 0xfc00],
    ['the largest float', 3.4e38, 0x7c00],
    ['half of the smallest half, a tie', 2 ** -25, 0],
    ['a little more than that', 2 ** -25 * 1.0001, 1],
    ['the smallest float', 2 ** -149, 0],
    ['its negative', -(2 ** -149), 0x8000],
    ['minus zero', -0, 0x8000],
  ])('%s', (_, value, half) => {
    expect(float32ToFloat16(Float32Array.of(value))[0]).toBe(half)
  })
})

test('a view into the middle of a buffer is converted, not the buffer', () => {
  const view = Float32Array.of(1, 2, 3).subarray(1, 2)
  expect([...float32ToFloat16(view)]).toEqual([0x4000])
  expect([...float16ToFloat32(Uint16Array.of(0, 0x4000, 0).subarray(1, 2))]).toEqual([2])
})

import {describe, expect, test} from 'vitest'
import {BitReader, BitWriter, golombBits} from '../../../src/pipeline/language-model/bit-stream.js'

const NUMBERS = [0, 1, 2, 3, 7, 8, 100, 65_535, 65_536, 2 ** 24, 2 ** 31 - 1]

test('numbers of any width come back', () => {
  const writer = new BitWriter()
  const widths = [0, 1, 3, 8, 13, 31, 32]
  for (const width of widths) writer.write(2 ** width - 1, width)
  const reader = new BitReader(writer.bytes())
  for (const width of widths) expect(reader.read(width)).toBe(2 ** width - 1)
  expect(reader.left).toBe(8 * Math.ceil(88 / 8) - 88)
  expect(() => reader.read(9)).toThrow(RangeError)
})

describe.each([0, 1, 5, 24])('Exp-Golomb codes with the parameter %i', parameter => {
  test('come back, and are as long as foretold', () => {
    const numbers = NUMBERS.filter(number => number + 2 ** parameter < 2 ** 31)
    const writer = new BitWriter()
    for (const number of numbers) writer.writeGolomb(number, parameter)
    const reader = new BitReader(writer.bytes())
    for (const number of numbers) {
      const {left} = reader
      expect(reader.readGolomb(parameter)).toBe(number)
      expect(left - reader.left).toBe(golombBits(number, parameter))
    }
  })
})

test('the order-0 codes are those of the definition', () => {
  const writer = new BitWriter()
  for (const number of [0, 1, 2]) writer.writeGolomb(number, 0)
  // 1, 01 0, 01 1: the leading zeros and the one, then the low bits with the lowest first.
  expect([...writer.bytes()]).toEqual([0b1100101])
})

test('zeros without an end are no code', () => {
  expect(() => new BitReader(new Uint8Array(9)).readGolomb(0)).toThrow(RangeError)
})

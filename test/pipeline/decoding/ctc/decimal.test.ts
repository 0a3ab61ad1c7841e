import {expect, test} from 'vitest'
import {readDecimal} from '../../../../src/pipeline/decoding/ctc/decimal.js'
import {randomNumbers} from './reference.js'

const read = (text: string) => readDecimal(Buffer.from(`xx${text}yy`), 2, 2 + Buffer.byteLength(text))

test.each([
  '0',
  '-0',
  '-99',
  '+1.5',
  '.5',
  '5.',
  '-1.2345678',
  '123456789012345678',
  '1e-05',
  '-4.2E+2',
  '0.00000000000000000000000001',
])('%s is read as Number() reads it', text => expect(read(text)).toBe(Number(text)))

test('a thousand random decimals are read as Number() reads them', () => {
  const random = randomNumbers(1)
  for (let i = 0; i < 1000; i++) {
    const text = (-random() * 10 ** Math.floor(random() * 6)).toFixed(Math.floor(random() * 12))
    expect(read(text)).toBe(Number(text))
  }
})

test.each(['', '-', '.', '1.2.3', '1e', 'e5', 'NaN', 'Infinity', '-inf', '0x10', '1,5', '1 2', '--1'])(
  '“%s” is no number',
  text => expect(read(text)).toBeNaN(),
)

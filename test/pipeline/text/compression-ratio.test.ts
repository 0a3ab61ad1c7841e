import {expect, test} from 'vitest'
import {compressionRatio} from '../../../src/pipeline/text/compression-ratio.js'
import {readReference} from './reference.js'

const {cases} = readReference<{cases: {text?: string; repeat?: string; count?: number; ratio: number}[]}>(
  'compression.json',
)

test('compression ratios are those of Python’s zlib', () => {
  for (const {text, repeat = '', count = 0, ratio} of cases) {
    const made = Array.from({length: 3000}, (_, i) => String.fromCharCode(97 + ((i * i * 7 + 3 * i) % 26))).join('')
    expect(compressionRatio(text ?? (repeat.repeat(count) || made))).toBeCloseTo(ratio, 8)
  }
  expect(cases.length).toBeGreaterThan(20)
})

test('an empty text has ratio 0', () => {
  expect(compressionRatio('')).toBe(0)
})

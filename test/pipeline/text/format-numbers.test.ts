import {expect, test} from 'vitest'
import {formatCount} from '../../../src/pipeline/text/format-count.js'
import {formatDuration, formatSeconds} from '../../../src/pipeline/text/format-duration.js'
import {formatPercent} from '../../../src/pipeline/text/format-percent.js'

test.each([
  [formatPercent(0.0732), '7.32 %'],
  [formatPercent(1.5, 0), '150 %'],
  [formatPercent(0), '0.00 %'],
  [formatPercent(-0.25), '-25.00 %'],
  [formatPercent(null), 'n/a'],
  [formatCount(0), '0'],
  [formatCount(999), '999'],
  [formatCount(1000), '1,000'],
  [formatCount(53_027_123), '53,027,123'],
  [formatSeconds(0), '0 s'],
  [formatSeconds(0.04214), '0.0421 s'],
  [formatSeconds(8.5), '8.50 s'],
  [formatSeconds(999.9), '1000 s'],
  [formatSeconds(1234.5), '1235 s'],
  [formatSeconds(0.00001), '0.00001 s'],
  [formatDuration(18.32), '18.3 s'],
  [formatDuration(59.96), '1.0 min'],
  [formatDuration(750), '12.5 min'],
  [formatDuration(3599), '1.00 h'],
  [formatDuration(19_224), '5.34 h'],
])('%s', (shown, expected) => {
  expect(shown).toBe(expected)
})

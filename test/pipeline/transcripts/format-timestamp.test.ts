import {expect, test} from 'vitest'
import {formatTimestamp, toMilliseconds} from '../../../src/pipeline/transcripts/format-timestamp.js'

test.each([
  [0, '00:00:00,000', '00:00.000'],
  [0.0005, '00:00:00,000', '00:00.000'],
  [0.0015, '00:00:00,002', '00:00.002'],
  [0.0025, '00:00:00,002', '00:00.002'],
  [59.9995, '00:01:00,000', '01:00.000'],
  [3599.9999, '01:00:00,000', '01:00:00.000'],
  [3661.5, '01:01:01,500', '01:01:01.500'],
  [360000, '100:00:00,000', '100:00:00.000'],
  [-0.2, '00:00:00,000', '00:00.000'],
])('%d s', (seconds, srt, vtt) => {
  const milliseconds = toMilliseconds(seconds)
  expect(formatTimestamp(milliseconds, {alwaysHours: true, decimalMarker: ','})).toBe(srt)
  expect(formatTimestamp(milliseconds, {alwaysHours: false, decimalMarker: '.'})).toBe(vtt)
})

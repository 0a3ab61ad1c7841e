import {readFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {z} from 'zod'
import {
  type Calibration,
  createCollector,
  RangeCollectors,
} from '../../../../../src/pipeline/onnx/quantize/static/collectors.js'
import {noise, onnxReference} from '../../../../support/onnx-models.js'

const Collected = z.object({
  batches: z.enum(['growing', 'shrinking', 'positive', 'constant', 'zero']),
  calibration: z.custom<Calibration>(value => typeof value === 'object' && value !== null && 'method' in value),
  range: z.tuple([z.number(), z.number()]),
})
const {collectors} = z
  .object({collectors: z.array(Collected)})
  .parse(JSON.parse(await readFile(onnxReference('static/calibrations.json'), 'utf8')))

const {fround} = Math
/** Fractions that any language makes alike. */
const series = (length: number, step: number, start: number): Float32Array =>
  Float32Array.from({length}, (_, index) => ((index * step + start) % 65_521) / 65_521)
const map = (values: Float32Array, ...steps: readonly ((value: number) => number)[]): Float32Array =>
  values.map(value => steps.reduce((next, step) => fround(step(next)), value))
const times = (factor: number) => (value: number) => value * fround(factor)
const minus = (term: number) => (value: number) => value - fround(term)
const squared = (value: number) => value * value

const BATCHES: Record<z.infer<typeof Collected>['batches'], readonly Float32Array[]> = {
  growing: [
    map(series(500, 7919, 1), minus(0.5)),
    map(series(700, 104_729, 3), minus(0.5), times(3)),
    map(series(300, 611_953, 5), times(-4)),
  ],
  shrinking: [map(series(900, 7919, 11), minus(0.5), times(9)), map(series(400, 15_485_863, 2), times(0.01))],
  positive: [map(series(1000, 7919, 13), squared, squared), map(series(1000, 104_729, 17), squared, times(1.7))],
  constant: [new Float32Array(10).fill(0.25), new Float32Array(20).fill(0.25)],
  zero: [new Float32Array(8), map(series(64, 7919, 19), minus(0.3)), new Float32Array(4)],
}

test.each(collectors)('$batches, $calibration: the range is that of Python', ({batches, calibration, range}) => {
  const collector = createCollector(calibration)
  for (const batch of BATCHES[batches]) collector.add(batch)
  const [lowest, highest] = range
  expect(collector.range()).toEqual({lowest, highest})
})

test.each<Calibration>([
  {method: 'minmax'},
  {method: 'percentile'},
  {method: 'percentile', symmetric: false},
  {method: 'entropy'},
])('%j: batches without values change nothing, and values without an end are refused', calibration => {
  const collector = createCollector(calibration)
  expect(collector.range()).toBeUndefined()
  collector.add(new Float32Array(0))
  expect(collector.range()).toBeUndefined()
  collector.add(noise(100))
  const before = collector.range()
  collector.add(new Float32Array(0))
  expect(collector.range()).toEqual(before)
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(() => collector.add(noise(9).fill(odd, 4, 5))).toThrow(`it has the value ${odd}`)
})

test.each<Calibration>([{method: 'percentile'}, {method: 'percentile', symmetric: false}, {method: 'entropy'}])(
  '%j: a first batch of next to nothing does not ask for millions of bins',
  calibration => {
    const collector = createCollector(calibration)
    collector.add(noise(1000).map(value => value * 1e-30))
    collector.add(noise(1000).map(value => value * 1e6))
    const {lowest, highest} = collector.range()!
    expect(highest).toBeGreaterThan(1e5)
    expect(lowest).toBeLessThan(-1e5)
  },
)

test('a tensor that no sample has is named, and so is the sample with NaN', () => {
  const collectors = new RangeCollectors(['seen', 'unseen'], {method: 'minmax'})
  collectors.add('seen', Float32Array.of(-1, 2), 'a')
  expect(() => collectors.ranges()).toThrow('No calibration sample gave tensor "unseen" any values.')
  expect(() => collectors.add('seen', Float32Array.of(Number.NaN), 'b')).toThrow(
    'Tensor "seen" cannot be calibrated: with sample "b" it has the value NaN.',
  )
})

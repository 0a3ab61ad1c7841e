import {expect, test} from 'vitest'
import type {ModelMeasurement} from '../../../src/pipeline/quantize/quantization-report.js'
import {quantizationWarnings, type WarnedFacts} from '../../../src/pipeline/quantize/quantization-warnings.js'
import {quantizationReport} from '../../support/quantization-report.js'

const {source, candidate, search, sensitivity, outputErrors} = quantizationReport()
const warn = (change: Partial<WarnedFacts>) =>
  quantizationWarnings({source, candidate, search, sensitivity, outputErrors, ...change})
const changed = (change: Partial<ModelMeasurement>) => ({candidate: {...candidate, ...change}})

test('of a model that is smaller, faster and as right there is nothing to say', () => {
  expect(warn({})).toEqual([])
})

test.each<[string, Partial<WarnedFacts>, RegExp]>([
  ['not smaller', changed({bytes: source.bytes}), /^Not smaller/],
  ['not faster', changed({speed: {rtfx: 9, audioSeconds: 1, wallSeconds: 1}}), /^Not faster: RTFx 9\.00/],
  [
    'a slower graph',
    changed({latencies: source.latencies.map(one => ({...one, median: 0.2}))}),
    /encoder pass\) takes 2\.00/,
  ],
  ['too few words for the budget', {search: search && {...search, budget: 0.0001}}, /^One word is 0\.10 points/],
  ['a difference that may be chance', {detectable: 0.01}, /below 1\.00 points may be chance/],
  ['errors that do not fall', {search: search && {...search, monotone: false}}, /did not fall steadily/],
  [
    'a graph that never ran',
    {sensitivity: sensitivity.map(one => ({...one, output: null}))},
    /^encoder_model never ran/,
  ],
])('%s is told of, once', (_, change, message) => {
  expect(warn(change)).toEqual([expect.stringMatching(message)])
})

test('utterances that failed, and values that are not finite, are counted', () => {
  const accuracy = candidate.accuracy && {...candidate.accuracy, failed: 3}
  const error = {graph: 'model', output: 'logits', samples: 1, values: 1, notFinite: 7, ...NO_ERROR}
  expect(warn({...changed({accuracy}), outputErrors: [error]})).toEqual([
    'The quantized model failed on 3 of 50 utterances, scored as empty.',
    'model gives 7 values of logits that are NaN or infinite.',
  ])
})

const NO_ERROR = {maxAbsoluteError: null, rmsRelativeError: null, argMaxAgreement: null}

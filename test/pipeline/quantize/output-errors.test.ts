import {expect, test} from 'vitest'
import {type OutputError, OutputErrorSum, worstError} from '../../../src/pipeline/quantize/output-errors.js'

function errorOf(
  pairs: readonly (readonly [reference: number[], candidate: number[]])[],
  classes?: number,
): OutputError {
  const sum = new OutputErrorSum()
  for (const [reference, candidate] of pairs)
    sum.add(Float32Array.from(reference), Float32Array.from(candidate), classes)
  return sum.finish('logits')
}

test('errors are added over samples', () => {
  // √((1 + 4) / (9 + 16 + 0 + 0)) by hand
  expect(
    errorOf([
      [
        [3, 4],
        [4, 4],
      ],
      [
        [0, 0],
        [0, -2],
      ],
    ]),
  ).toEqual({
    output: 'logits',
    samples: 2,
    values: 4,
    notFinite: 0,
    maxAbsoluteError: 2,
    rmsRelativeError: Math.sqrt(5 / 25),
    argMaxAgreement: null,
  })
})

test('of logits the places of the largest are compared, position by position', () => {
  expect(
    errorOf(
      [
        [
          [1, 2, 3, 9, 8, 7],
          [0, 0, 5, 1, 2, 0],
        ],
      ],
      3,
    ),
  ).toMatchObject({argMaxAgreement: 0.5})
})

test('what is infinite in both is no error; what is in one only is counted apart', () => {
  const minus = Number.NEGATIVE_INFINITY
  expect(
    errorOf([
      [
        [minus, 1, 2],
        [minus, 1, Number.NaN],
      ],
    ]),
  ).toMatchObject({
    notFinite: 1,
    values: 1,
    maxAbsoluteError: 0,
    rmsRelativeError: 0,
  })
  expect(errorOf([[[minus], [0]]])).toMatchObject({maxAbsoluteError: null, rmsRelativeError: null})
})

test('the worst has values that are not finite, then the largest error', () => {
  const small = {...errorOf([[[1], [1.1]]]), output: 'small'}
  const large = {...errorOf([[[1], [2]]]), output: 'large'}
  const broken = {...errorOf([[[1], [Number.NaN]]]), output: 'broken'}
  expect(worstError([small, large])?.output).toBe('large')
  expect(worstError([small, large, broken])?.output).toBe('broken')
  expect(worstError([])).toBeUndefined()
})

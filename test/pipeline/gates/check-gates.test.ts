import {describe, expect, test} from 'vitest'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {type EvaluationReport, GateRecord} from '../../../src/pipeline/evaluation/evaluation-report.js'
import {checkGates} from '../../../src/pipeline/gates/check-gates.js'
import type {GateInput} from '../../../src/pipeline/gates/gate-options.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {reportOf, speed} from './gate-report.js'

/** The records besides the one for missing utterances, which there always is. */
function gates(report: EvaluationReport, options: GateInput, baseline?: EvaluationReport) {
  const records = checkGates(report, options, baseline)
  for (const record of records) expect(() => GateRecord.parse(record)).not.toThrow()
  expect(records[0]?.gate).toBe('missing-utterances')
  return records.slice(1)
}
/** `✓` or `✗` and the sentence. */
const said = (...args: Parameters<typeof gates>) =>
  gates(...args).map(({passed, message}) => `${passed ? '✓' : '✗'} ${message}`)

const collapse = {emptyRate: 0.031, repetitionRate: 0.02, insertionRate: null}

describe('limits', () => {
  test.each<[string, Partial<EvaluationReport>, GateInput, string]>([
    ['above', {wer: 0.0732}, {maxWer: 0.07}, '✗ WER 7.32 % is above --max-wer 7 % by 0.32 points.'],
    ['below', {wer: 0.0732}, {maxWer: 0.08}, '✓ WER 7.32 % is not above --max-wer 8 %.'],
    ['at the limit', {wer: 0.07}, {maxWer: 0.07}, '✓ WER 7.00 % is not above --max-wer 7 %.'],
    ['by a trifle', {wer: 0.07001}, {maxWer: 0.07}, '✗ WER 7.001 % is above --max-wer 7 % by 0.001 points.'],
    [
      'by what two digits hide',
      {wer: 0.07004},
      {maxWer: 0.069_98},
      '✗ WER 7.004 % is above --max-wer 6.998 % by 0.006 points.',
    ],
    ['by a point', {wer: 0.08}, {maxWer: 0.07}, '✗ WER 8.00 % is above --max-wer 7 % by 1.00 point.'],
    ['zero', {wer: 0.001}, {maxWer: 0}, '✗ WER 0.10 % is above --max-wer 0 % by 0.10 points.'],
    ['no words', {wer: null}, {maxWer: 0.07}, '✗ WER cannot be had (there are no words), as --max-wer 7 % asks.'],
    ['characters', {cer: 0.0251}, {maxCer: 0.025}, '✗ CER 2.51 % is above --max-cer 2.5 % by 0.01 points.'],
    [
      'empty',
      {collapse},
      {maxEmpty: 0.03},
      '✗ The share of empty hypotheses 3.10 % is above --max-empty 3 % by 0.10 points.',
    ],
    [
      'repeated',
      {collapse},
      {maxRepeated: 0.02},
      '✓ The share of repetitive hypotheses 2.00 % is not above --max-repeated 2 %.',
    ],
    [
      'insertions',
      {collapse},
      {maxInsertions: 0.02},
      '✗ The rate of insertions cannot be had (there are no words), as --max-insertions 2 % asks.',
    ],
    ['slow', speed(8.2), {minRtfx: 10}, '✗ RTFx 8.20 is below --min-rtfx 10 by 1.80.'],
    ['fast', speed(10), {minRtfx: 10}, '✓ RTFx 10.00 is not below --min-rtfx 10.'],
    ['unmeasured', {speed: null}, {minRtfx: 10}, '✗ The speed was not measured, as --min-rtfx 10 asks.'],
    ['few', {}, {minSamples: 200}, '✗ 5 utterances with a hypothesis, 195 fewer than --min-samples 200.'],
    ['enough', {}, {minSamples: 5}, '✓ 5 utterances with a hypothesis, --min-samples 5 asked for.'],
  ])('%s', (_, overrides, options, expected) => expect(said(exampleReport(overrides), options)).toEqual([expected]))

  test('nothing asked, nothing told', () => expect(said(exampleReport(), {})).toEqual([]))

  test('records hold the numbers', () =>
    expect(gates(exampleReport({wer: 0.0732}), {maxWer: 0.07})).toMatchObject([
      {gate: 'max-wer', passed: false, actual: 0.0732, limit: 0.07},
    ]))
})

describe('missing utterances', () => {
  const {utterances} = exampleReport()
  test.each([
    [0, {}, '✓ No utterance is without a hypothesis.'],
    [1, {}, '✗ 1 of 6 utterances has no hypothesis, where none may be missing (--allow-missing lets it pass).'],
    [2, {allowMissing: true}, '✓ 2 of 6 utterances have no hypothesis, which --allow-missing lets pass.'],
  ])('%d with %j', (missing, options, expected) => {
    const [record] = checkGates(exampleReport({utterances: {...utterances, missing}}), options)
    expect(`${record?.passed ? '✓' : '✗'} ${record?.message}`).toBe(expected)
  })
})

const absolute = (points: number) => ({kind: 'absolute', rate: points / 100}) as const
const relative = (percent: number) => ({kind: 'relative', rate: percent / 100}) as const
const BASE = reportOf(100, 70)

describe('--max-regression', () => {
  test.each<[number, GateInput, string]>([
    [60, {maxRegression: absolute(0)}, '✓ WER 6.00 % is not above the baseline’s 7.00 %.'],
    [70, {maxRegression: absolute(0)}, '✓ WER 7.00 % is not above the baseline’s 7.00 %.'],
    [
      72,
      {maxRegression: absolute(0.2)},
      '✓ WER 7.20 % is above the baseline’s 7.00 % by 0.20 points, within --max-regression 0.2 points.',
    ],
    [
      75,
      {maxRegression: absolute(0.2)},
      '✗ WER 7.50 % is above the baseline’s 7.00 % by 0.50 points, 0.30 points more than --max-regression 0.2 points.',
    ],
    [
      73,
      {maxRegression: relative(5)},
      '✓ WER 7.30 % is above the baseline’s 7.00 % by 0.30 points, within --max-regression 5 % (0.35 points).',
    ],
    [
      75,
      {maxRegression: relative(5)},
      '✗ WER 7.50 % is above the baseline’s 7.00 % by 0.50 points, 0.15 points more than --max-regression 5 % (0.35 points).',
    ],
  ])('%d errors where the baseline has 70, with %j', (wrong, options, expected) =>
    expect(said(reportOf(100, wrong), options, BASE)).toEqual([expected]),
  )

  test('a difference of exactly the limit passes whatever binary fractions make of it', () => {
    const [before, after] = [exampleReport({wer: 0.09}), exampleReport({wer: 0.092})]
    expect(0.092 - 0.09).toBeGreaterThan(0.002)
    expect(gates(after, {maxRegression: absolute(0.2)}, before)).toMatchObject([{passed: true, limit: 0.002}])
  })

  test.each<[string, Partial<EvaluationReport>, Partial<EvaluationReport>, string]>([
    ['the run', {wer: null}, {}, '✗ WER cannot be had (there are no words), as --max-regression asks.'],
    [
      'the baseline',
      {},
      {wer: null},
      '✗ The baseline’s WER cannot be had (there are no words), as --max-regression asks.',
    ],
  ])('fails without a WER of %s', (_, now, before, expected) =>
    expect(said(exampleReport(now), {maxRegression: absolute(1)}, exampleReport(before))).toEqual([expected]),
  )
})

describe('--only-significant', () => {
  const options: GateInput = {maxRegression: absolute(0.2), onlySignificant: true}
  const base = 'WER 7.50 % is above the baseline’s 7.00 % by 0.50 points'

  test('fails where every difference is for the worse', () =>
    expect(said(reportOf(100, 75), options, BASE)).toEqual([
      `✗ ${base}, 0.30 points more than --max-regression 0.2 points, significantly (MAPSSWE p = 0.022 over 75 segments).`,
    ]))

  test('lets pass what may be chance', () =>
    expect(said(reportOf(100, 75), {...options, level: 0.01}, BASE)).toEqual([
      `✓ ${base}, but not significantly (MAPSSWE p = 0.022 over 75 segments; --only-significant).`,
    ]))

  test('changes nothing about a rise within the limit', () =>
    expect(said(reportOf(100, 71), options, BASE)).toEqual([
      '✓ WER 7.10 % is above the baseline’s 7.00 % by 0.10 points, within --max-regression 0.2 points.',
    ]))

  test('fails where the utterances are not the same, whatever the hash says', () =>
    expect(said(reportOf(101, 80), options, BASE)).toEqual([
      expect.stringMatching(
        /^✗ .*, and significance cannot be tested: the reports do not hold the same utterances: 0 only in the one, 1 only in the other\.$/,
      ),
    ]))
})

describe('--speed-trade', () => {
  const options: GateInput = {speedTrade: {rate: 0.01, speedup: 2}}
  const base = reportOf(100, 70, speed(10))
  const rise = 'WER 7.50 % is above the baseline’s 7.00 % by 0.50 points'
  const environment = {...base.environment, cpu: 'Another CPU'}
  test.each<[string, EvaluationReport, string]>([
    [
      'nothing to pay for',
      reportOf(100, 70),
      '✓ WER 7.00 % is not above the baseline’s 7.00 %, so --speed-trade 1:2 need not pay for it.',
    ],
    [
      'paid',
      reportOf(100, 75, speed(20)),
      `✓ ${rise}, which --speed-trade 1:2 pays for with RTFx 2.00 × the baseline’s.`,
    ],
    [
      'too slow',
      reportOf(100, 75, speed(15)),
      `✗ ${rise}, which --speed-trade 1:2 does not pay for: RTFx 1.50 × the baseline’s is 0.50 × too little.`,
    ],
    [
      'too bad at any speed',
      reportOf(100, 90, speed(100)),
      '✗ WER 9.00 % is above the baseline’s 7.00 % by 2.00 points, 1.00 point more than --speed-trade 1:2 ever allows.',
    ],
    [
      'no speed',
      reportOf(100, 75, {speed: null}),
      `✗ ${rise}, which --speed-trade 1:2 cannot pay for: the speed was not measured.`,
    ],
    [
      'another machine',
      reportOf(100, 75, {...speed(30), environment}),
      `✗ ${rise}, which --speed-trade 1:2 cannot pay for: the baseline’s speed was measured on another machine (cpu Another CPU, not Example CPU at 3.0 GHz).`,
    ],
    [
      'another device of the same machine',
      reportOf(100, 75, {...speed(30), environment: {...base.environment, device: 'webgpu'}}),
      `✓ ${rise}, which --speed-trade 1:2 pays for with RTFx 3.00 × the baseline’s.`,
    ],
  ])('%s', (_, report, expected) => expect(said(report, options, base)).toEqual([expected]))

  test('needs the speed of the baseline too', () =>
    expect(said(reportOf(100, 75, speed(10)), options, reportOf(100, 70, {speed: null}))).toEqual([
      `✗ ${rise}, which --speed-trade 1:2 cannot pay for: the baseline’s speed was not measured.`,
    ]))

  test('pays only for what --max-regression does not allow anyway', () => {
    const both: GateInput = {...options, maxRegression: absolute(0.2)}
    expect(gates(reportOf(100, 71, speed(1)), both, base).map(({passed}) => passed)).toEqual([true, true])
    expect(gates(reportOf(100, 75, speed(1)), both, base).map(({passed}) => passed)).toEqual([false, false])
    expect(said(reportOf(100, 75, speed(30)), both, base)).toEqual([
      `✓ ${rise}, which --speed-trade 1:2 pays for.`,
      `✓ ${rise}, which --speed-trade 1:2 pays for with RTFx 3.00 × the baseline’s.`,
    ])
  })

  test('asks for nothing where the rise is not significant', () =>
    expect(said(reportOf(100, 75), {...options, onlySignificant: true, level: 0.01}, base)).toEqual([
      `✓ ${rise}, but not significantly (MAPSSWE p = 0.022 over 75 segments; --only-significant).`,
    ]))
})

describe('refused', () => {
  const options: GateInput = {maxRegression: absolute(0.2)}
  const refusal = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (error instanceof LinguluError) return {code: error.code, message: error.message, hint: error.hint}
      throw error
    }
    return undefined
  }

  test.each<[string, Partial<EvaluationReport>, string]>([
    [
      'another data set',
      {dataset: {...BASE.dataset, name: 'other', hash: 'f'.repeat(64)}},
      'the data set is samples (a1b2c3d4e5f6), not other (ffffffffffff)',
    ],
    [
      'another subset',
      {dataset: {...BASE.dataset, subset: null}},
      'the subset is 6 of 40 utterances with seed 1, not all utterances',
    ],
    [
      'another normalizer',
      {normalizer: {...BASE.normalizer, name: 'none', hash: '0'.repeat(64)}},
      'the normalizer is basic (5e1a0c2d9b7f), not none (000000000000)',
    ],
    [
      'other scoring',
      {scoring: {weights: 'sclite', tolerances: BASE.scoring.tolerances ?? null, extra: true}},
      'the scoring option extra is unset, not true; the scoring option weights is "unit", not "sclite"',
    ],
  ])('%s', (_, overrides, expected) =>
    expect(refusal(() => checkGates(BASE, options, exampleReport({name: 'old', ...overrides})))).toEqual({
      code: 'CONFIG_INVALID',
      message: `The baseline old cannot be compared with this run: ${expected}.`,
      hint: expect.stringContaining('Evaluate the baseline’s model again'),
    }),
  )

  test('not for the order of scoring options', () => {
    const scoring = Object.fromEntries(Object.entries(BASE.scoring).reverse())
    expect(refusal(() => checkGates(BASE, options, exampleReport({scoring})))).toBeUndefined()
  })

  test('a regression of nothing', () =>
    expect(refusal(() => checkGates(BASE, options))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: '--max-regression and --speed-trade need a baseline.',
    }))

  test.each([{maxWer: -0.1}, {maxWerr: 0.1}, {minSamples: 1.5}, {speedTrade: {rate: 0.01, speedup: 0.5}}])(
    'options that are none: %j',
    invalid => expect(refusal(() => checkGates(BASE, invalid as GateInput))).toMatchObject({code: 'CONFIG_INVALID'}),
  )
})

import {machineDifference} from '../comparison/report-differences.js'
import type {EvaluationReport, GateRecord} from '../evaluation/evaluation-report.js'
import {formatLimit, formatPointsLimit, formatRates, trimmed} from './format-rate.js'
import {exceeds, type Gate, type GateContext} from './gate.js'
import type {GateOptions} from './gate-options.js'
import {describeTest, testAgainst} from './significance.js'

/** Gates on how the report differs from the baseline. */
export const baselineGates: readonly Gate[] = [
  context => gate(context, 'max-regression', context.options.maxRegression, judgeRegression),
  context => gate(context, 'speed-trade', context.options.speedTrade, judgeTrade),
]

/** What both gates look at. */
interface Rise {
  readonly report: EvaluationReport
  readonly baseline: EvaluationReport
  readonly options: GateOptions
  /** WER − the baseline’s. */
  readonly rise: number
  /** What it may be without further questions. */
  readonly free: number
  /** `WER 7.32 % is above the baseline’s 7.00 % by 0.32 points`. */
  readonly came: string
}

type Verdict = Pick<GateRecord, 'passed' | 'limit' | 'message'>

function gate<T>(
  {report, options, baseline}: GateContext,
  name: 'max-regression' | 'speed-trade',
  asked: T | undefined,
  judge: (rise: Rise, asked: T) => Verdict,
): GateRecord | undefined {
  if (asked === undefined || baseline === undefined) return undefined
  if (report.wer === null || baseline.wer === null) {
    const whose = report.wer === null ? 'WER' : 'The baseline’s WER'
    const message = `${whose} cannot be had (there are no words), as --${name} asks.`
    return {gate: name, passed: false, actual: null, limit: null, message}
  }
  const rise = report.wer - baseline.wer
  const {rate, other, difference} = formatRates(report.wer, baseline.wer)
  const came = exceeds(rise, 0)
    ? `WER ${rate} is above the baseline’s ${other} by ${difference}`
    : `WER ${rate} is not above the baseline’s ${other}`
  const free = freeRise(options, baseline.wer)
  return {gate: name, actual: rise, ...judge({report, baseline, options, rise, free, came}, asked)}
}

const freeRise = ({maxRegression}: GateOptions, baselineWer: number): number =>
  maxRegression === undefined ? 0 : maxRegression.rate * (maxRegression.kind === 'relative' ? baselineWer : 1)

type MaxRegression = NonNullable<GateOptions['maxRegression']>
type SpeedTrade = NonNullable<GateOptions['speedTrade']>

function judgeRegression(context: Rise, asked: MaxRegression): Verdict {
  const {rise, free, came, options} = context
  const verdict = (passed: boolean, rest: string): Verdict => ({passed, limit: free, message: `${came}${rest}.`})
  const flag = `--max-regression ${describeRegression(asked, free)}`
  if (!exceeds(rise, free)) return verdict(true, exceeds(rise, 0) ? `, within ${flag}` : '')
  const chance = judgeChance(context)
  if (chance.excuse !== undefined) return verdict(true, chance.excuse)
  if (options.speedTrade !== undefined && judgeTrade(context, options.speedTrade).passed)
    return verdict(true, `, which ${describeTrade(options.speedTrade)} pays for`)
  return verdict(false, `, ${formatRates(rise, free).difference} more than ${flag}${chance.remark}`)
}

function describeRegression({kind, rate}: MaxRegression, free: number): string {
  return kind === 'absolute' ? formatPointsLimit(rate) : `${formatLimit(rate)} (${formatPointsLimit(free)})`
}

function judgeTrade(context: Rise, asked: SpeedTrade): Verdict {
  const {rise, free, came, report, baseline} = context
  const verdict = (passed: boolean, rest: string): Verdict => ({passed, limit: asked.rate, message: `${came}${rest}.`})
  const flag = describeTrade(asked)
  if (!exceeds(rise, free)) return verdict(true, `, so ${flag} need not pay for it`)
  const chance = judgeChance(context)
  if (chance.excuse !== undefined) return verdict(true, chance.excuse)
  if (exceeds(rise, asked.rate))
    return verdict(false, `, ${formatRates(rise, asked.rate).difference} more than ${flag} ever allows${chance.remark}`)
  const speedup = speedupOf(report, baseline)
  if (typeof speedup === 'string') return verdict(false, `, which ${flag} cannot pay for: ${speedup}`)
  const speed = `RTFx ${speedup.toFixed(2)} × the baseline’s`
  if (exceeds(asked.speedup, speedup)) {
    const lack = (asked.speedup - speedup).toFixed(2)
    return verdict(false, `, which ${flag} does not pay for: ${speed} is ${lack} × too little`)
  }
  return verdict(true, `, which ${flag} pays for with ${speed}`)
}

const describeTrade = ({rate, speedup}: SpeedTrade): string =>
  `--speed-trade ${trimmed(rate * 100)}:${trimmed(speedup)}`

/** With --only-significant: why a rise is forgiven, or what to say of it where it is not. */
function judgeChance({options, baseline, report}: Rise): {excuse?: string; remark: string} {
  if (!options.onlySignificant) return {remark: ''}
  const test = testAgainst(baseline, report, options.level)
  if (typeof test === 'string') return {remark: `, and significance cannot be tested: ${test}`}
  if (test.significant && test.meanDifference > 0) return {remark: `, significantly (${describeTest(test)})`}
  return {excuse: `, but not significantly (${describeTest(test)}; --only-significant)`, remark: ''}
}

/** How many times faster than the baseline, or why that cannot be told. */
function speedupOf(report: EvaluationReport, baseline: EvaluationReport): number | string {
  const [now, before] = [report.speed?.rtfx ?? null, baseline.speed?.rtfx ?? null]
  if (now === null) return 'the speed was not measured'
  if (before === null || before === 0) return 'the baseline’s speed was not measured'
  const machine = machineDifference(baseline.environment, report.environment)
  return machine === undefined ? now / before : `the baseline’s speed was measured on another machine (${machine})`
}

import {Errors, Flags} from '@oclif/core'
import type {GateInput} from '../pipeline/gates/gate-options.js'

type RateFlagOptions = {readonly description: string; readonly helpGroup: string; readonly dependsOn?: string[]}

/** A share of 1: `0.05` or `5%`. */
export const rateFlag = (options: RateFlagOptions) =>
  Flags.custom<number>({helpValue: '<rate>', parse: async text => parseRate(text)})(options)

/** Percentage points, or a share of the baseline: `0.2` or `5%`. */
export const regressionFlag = (options: RateFlagOptions) =>
  Flags.custom<NonNullable<GateInput['maxRegression']>>({
    helpValue: '<points|percent>',
    parse: async text => parseRegression(text),
  })(options)

/** `points:times`. */
export const tradeFlag = (options: RateFlagOptions) =>
  Flags.custom<NonNullable<GateInput['speedTrade']>>({
    helpValue: '<points:times>',
    parse: async text => parseTrade(text),
  })(options)

/** @throws CLIError for what is no rate, and for a number above 1 that is most likely meant in percent */
export function parseRate(text: string): number {
  const {number, percent} = parseQuantity(text, '0.05 or 5%')
  if (percent) return number / 100
  if (number > 1) throw new Errors.CLIError(`"${text}" is more than all of 1. For ${text} percent write ${text}%.`)
  return number
}

export function parseRegression(text: string): NonNullable<GateInput['maxRegression']> {
  const {number, percent} = parseQuantity(text, '0.2 (percentage points) or 5% (of the baseline’s WER)')
  return {kind: percent ? 'relative' : 'absolute', rate: number / 100}
}

export function parseTrade(text: string): NonNullable<GateInput['speedTrade']> {
  const [points = '', times = '', ...more] = text.split(':')
  const [rate, speedup] = [toNumber(points), toNumber(times)]
  if (rate === undefined || speedup === undefined || speedup < 1 || more.length > 0)
    throw new Errors.CLIError(
      `"${text}" is no trade. Write points of WER and times of RTFx (1 or more), such as 1:2 for 1 point at 2 × the speed.`,
    )
  return {rate: rate / 100, speedup}
}

function parseQuantity(text: string, examples: string): {number: number; percent: boolean} {
  const percent = text.trim().endsWith('%')
  const number = toNumber(percent ? text.trim().slice(0, -1) : text)
  if (number === undefined) throw new Errors.CLIError(`"${text}" is not a number of 0 or more. Write ${examples}.`)
  return {number, percent}
}

/** Undefined for all but plain numbers of 0 or more. */
const toNumber = (text: string): number | undefined =>
  /^\s*(\d+\.?\d*|\.\d+)\s*$/.test(text) ? Number(text) : undefined

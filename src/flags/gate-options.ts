import type {Interfaces} from '@oclif/core'
import {LinguluError} from '../pipeline/errors.js'
import type {GateInput} from '../pipeline/gates/gate-options.js'
import type {gateFlags} from './gate-flags.js'

export type GateFlags = Interfaces.InferredFlags<typeof gateFlags>

/**
 * What the command line asks of a run. The baseline's file is read by `readBaseline(flags.baseline)`.
 *
 * @throws LinguluError USAGE for a baseline or --only-significant that nothing uses
 */
export function gateOptions(flags: GateFlags & {readonly 'update-baseline'?: boolean | undefined}): GateInput {
  const {'max-regression': maxRegression, 'speed-trade': speedTrade} = flags
  const used = maxRegression !== undefined || speedTrade !== undefined || flags['update-baseline']
  if (flags.baseline !== undefined && !used)
    throw new LinguluError('USAGE', '--baseline is compared with nothing.', {
      hint: 'Add --max-regression 0.2 (points of WER), --max-regression 5% or --speed-trade 1:2.',
    })
  if (flags['only-significant'] && maxRegression === undefined && speedTrade === undefined)
    throw new LinguluError('USAGE', '--only-significant has no rise of WER to look at.', {
      hint: 'Add --max-regression 0.2 (points of WER), --max-regression 5% or --speed-trade 1:2.',
    })
  if (flags['min-rtfx'] !== undefined && flags['min-rtfx'] < 0)
    throw new LinguluError('USAGE', `--min-rtfx ${flags['min-rtfx']} is below 0.`)
  return {
    maxWer: flags['max-wer'],
    maxCer: flags['max-cer'],
    maxRegression,
    onlySignificant: flags['only-significant'],
    maxEmpty: flags['max-empty'],
    maxRepeated: flags['max-repeated'],
    maxInsertions: flags['max-insertions'],
    minRtfx: flags['min-rtfx'],
    speedTrade,
    minSamples: flags['min-samples'],
    allowMissing: flags['allow-missing'],
  }
}

import {Flags} from '@oclif/core'
import {numberFlag} from './parse-number.js'
import {rateFlag, regressionFlag, tradeFlag} from './parse-rate.js'

const helpGroup = 'GATE'

/** Exit code 4 where one fails. */
export const gateFlags = {
  'max-wer': rateFlag({helpGroup, description: 'Fail above this WER: 0.05 or 5%.'}),
  'max-cer': rateFlag({helpGroup, description: 'Fail above this CER: 0.02 or 2%.'}),
  baseline: Flags.string({
    helpGroup,
    helpValue: '<report.json>',
    description: 'The JSON report of an earlier run of the same data set, for --max-regression and --speed-trade.',
  }),
  'max-regression': regressionFlag({
    helpGroup,
    dependsOn: ['baseline'],
    description: 'Fail if WER is above the baseline’s by more: 0.2 is 0.2 percentage points, 5% is 5 % of that WER.',
  }),
  'only-significant': Flags.boolean({
    helpGroup,
    dependsOn: ['baseline'],
    description: 'Let a rise of WER pass that the matched-pair test (MAPSSWE) finds not significant at 0.05.',
  }),
  'speed-trade': tradeFlag({
    helpGroup,
    dependsOn: ['baseline'],
    description: '1:2 lets WER rise by at most 1 percentage point where RTFx is at least 2 times the baseline’s.',
  }),
  'max-empty': rateFlag({helpGroup, description: 'Fail if more of the hypotheses are empty: 0.01 or 1%.'}),
  'max-repeated': rateFlag({helpGroup, description: 'Fail if more of the hypotheses repeat themselves.'}),
  'max-insertions': rateFlag({helpGroup, description: 'Fail above this rate of insertions per word.'}),
  'min-rtfx': numberFlag({helpGroup, description: 'Fail below this many seconds of audio per second.'}),
  'min-samples': Flags.integer({helpGroup, min: 1, description: 'Fail if fewer utterances have a hypothesis.'}),
  'allow-missing': Flags.boolean({
    helpGroup,
    description: 'Let utterances without a hypothesis pass; they count as empty.',
  }),
}

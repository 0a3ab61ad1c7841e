import {Flags, type Interfaces} from '@oclif/core'
import type {ScoringOptions} from '../pipeline/evaluation/scoring-options.js'
import {NORMALIZERS} from '../pipeline/text/normalizers/normalizer-options.js'

const helpGroup = 'SCORING'

export const scoringFlags = {
  normalizer: Flags.option({options: NORMALIZERS})({
    helpGroup,
    description: 'What is done to both texts before they are compared; basic and english are Whisper’s.',
  }),
  spellings: Flags.string({
    helpGroup,
    helpValue: '<file|folder>',
    description: 'For english: a JSON file of spellings, or a model folder with normalizer.json.',
  }),
  'remove-diacritics': Flags.boolean({helpGroup, description: 'For basic: é becomes e.'}),
  'split-letters': Flags.boolean({helpGroup, description: 'For basic: every character is a word.'}),
  transforms: Flags.string({
    helpGroup,
    helpValue: '<file.json>',
    description: 'Transforms to apply before and after the normalizer.',
  }),
  weights: Flags.option({options: ['unit', 'sclite'] as const})({
    helpGroup,
    description: 'Costs of the alignment: all errors 1, or those of sclite (4, 3, 3). Default: unit.',
  }),
  compounds: Flags.boolean({helpGroup, description: 'Take “ice cream” and “icecream” for the same.'}),
  contractions: Flags.boolean({helpGroup, description: 'Take “it’s” and “it is” for the same.'}),
}

export type ScoringFlags = Interfaces.InferredFlags<typeof scoringFlags>

/** How texts are compared. `defaultName`: the normalizer where none is named. */
export function scoringOptions(flags: ScoringFlags, defaultName: (typeof NORMALIZERS)[number]): ScoringOptions {
  return {
    normalizer: {
      name: flags.normalizer ?? defaultName,
      spellings: flags.spellings,
      transforms: flags.transforms,
      removeDiacritics: flags['remove-diacritics'],
      splitLetters: flags['split-letters'],
    },
    weights: flags.weights ?? 'unit',
    tolerances: {compounds: flags.compounds, contractions: flags.contractions},
  }
}

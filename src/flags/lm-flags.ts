import {Flags} from '@oclif/core'
import {datasetFlags} from './dataset-flags.js'
import {numberFlag, numbersFlag} from './parse-number.js'

const text = 'TEXT'
const smoothing = 'ESTIMATION AND PRUNING'
const mixing = 'MIXING'

export const lmFlags = {
  out: Flags.string({char: 'o', description: 'The model to make: a name in .arpa, .arpa.gz or .bin.'}),
  in: Flags.string({
    helpValue: '<model>',
    description: 'Prune, convert or measure this model (ARPA or .bin) instead of making one of texts.',
  }),
  perplexity: Flags.string({
    helpValue: '<text>',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Tell how well the model foresees this text. May be repeated.',
  }),
  mix: Flags.string({
    helpGroup: mixing,
    helpValue: '<model:weight>',
    multiple: true,
    multipleNonGreedy: true,
    description:
      'Mix this model (ARPA or .bin) into that of the texts or of --in, which keeps what all weights leave of 1. May be repeated.',
  }),
  tune: Flags.string({
    helpGroup: mixing,
    helpValue: '<text>',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Find the weights with which the models foresee this text best. May be repeated.',
  }),
  order: Flags.integer({helpGroup: smoothing, min: 1, description: 'Words of the longest n-grams. Default: 3.'}),
  discount: Flags.string({
    helpGroup: smoothing,
    helpValue: '<estimate|fallback|d1,d2,d3>',
    description:
      'Where the text is too small for discounts to be estimated: an error (the default); 0.5,1,1.5; or three numbers of your own.',
  }),
  'prune-counts': numbersFlag({
    helpGroup: smoothing,
    description: 'Leave out n-grams that come so often or less, order by order: 0,0,1 is for trigrams that come once.',
  }),
  'prune-entropy': numberFlag({
    helpGroup: smoothing,
    description: 'Leave out n-grams whose loss raises the perplexity by less than this part of it, such as 1e-8.',
  }),
  bits: Flags.integer({
    helpGroup: smoothing,
    min: 2,
    max: 12,
    description: 'Bits of each probability in a .bin file. Default: exact.',
  }),
  normalize: Flags.option({options: ['words', 'none'] as const})({
    helpGroup: text,
    description:
      'words: letters, digits and apostrophes stay, all else parts words (the default). none: white space alone does.',
  }),
  case: Flags.option({options: ['lower', 'upper', 'keep'] as const})({
    helpGroup: text,
    description:
      'How words are spelled, also those of mixed models; it must be that of the speech model. Default: lower.',
  }),
  vocabulary: Flags.string({
    helpGroup: text,
    helpValue: '<file>',
    description:
      'The words of the model, whether the texts have them or not. All others become <unk>; a model of --in or --mix loses them.',
  }),
  'vocabulary-size': Flags.integer({
    helpGroup: text,
    min: 1,
    description: 'Only so many words, the most frequent; in a mix those of the texts or of --in come before others.',
  }),
  'min-count': Flags.integer({helpGroup: text, min: 1, description: 'Only words that come so often. Default: 1.'}),
  layout: datasetFlags.layout,
  columns: datasetFlags.columns,
  force: Flags.boolean({description: 'Write over a model that is there.'}),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress and no notes.'}),
}

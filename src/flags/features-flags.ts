import {Flags} from '@oclif/core'

export const featuresFlags = {
  kind: Flags.string({
    default: 'whisper',
    helpValue: '<whisper|filter-bank|model>',
    description: 'Which features: those of Whisper, lingulu’s filter banks, or what a model on this machine hears.',
  }),
  mels: Flags.integer({min: 8, max: 256, description: 'Mel bands of whisper and filter-bank. Default: 80.'}),
  png: Flags.string({helpValue: '<file>', description: 'Write a picture, one pixel for each value.'}),
  svg: Flags.string({helpValue: '<file>', description: 'Write a picture with axes.'}),
  augment: Flags.string({
    helpValue: '<file>',
    description: 'Show what is left after this augmentation: a JSON file (docs/augment.md).',
  }),
  seed: Flags.integer({
    min: 0,
    dependsOn: ['augment'],
    description: 'Another number augments differently. Default: 1.',
  }),
  force: Flags.boolean({description: 'Write over pictures that are there.'}),
}

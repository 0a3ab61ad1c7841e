import {Flags} from '@oclif/core'
import {datasetFlags} from './dataset-flags.js'

const what = 'WHAT IS DONE'

/** `0.9,1.1`, or one number. */
const rangeFlag = (description: string) => Flags.string({helpGroup: what, helpValue: '<min,max>', description})

export const augmentFlags = {
  out: Flags.string({char: 'o', required: true, description: 'The folder of the copies and their manifest.jsonl.'}),
  config: Flags.string({
    helpGroup: what,
    helpValue: '<file>',
    description: 'A JSON file that says what is done (docs/augment.md). Options below take the place of its parts.',
  }),
  speed: rangeFlag('Play faster or slower: 0.9,1.1.'),
  stretch: rangeFlag('Speak faster or slower at the same pitch: 0.9,1.1.'),
  pitch: rangeFlag('Raise or lower the pitch, in semitones: -2,2.'),
  reverb: Flags.string({
    helpGroup: what,
    helpValue: '<min,max|folder>',
    description:
      'Let it sound in imaginary rooms of this reverberation time in seconds, or in those of recorded impulse responses.',
  }),
  noise: Flags.string({
    helpGroup: what,
    helpValue: '<white,pink,brown|folder>',
    description: 'Add noise of these colours, or from a folder of recordings.',
  }),
  snr: rangeFlag('How far the recording is above the noise, in decibels. Default: 5,20.'),
  gain: rangeFlag('Make it louder or softer, in decibels: -10,6.'),
  codec: Flags.string({
    helpGroup: what,
    helpValue: '<name,…>',
    description: 'Any of telephone, narrow-band, mu-law, few-bits; mp3 and opus by ffmpeg.',
  }),
  copies: Flags.integer({char: 'n', default: 1, min: 1, max: 1000, description: 'Copies of each recording.'}),
  seed: Flags.integer({default: 1, min: 0, description: 'Another number makes other copies.'}),
  format: Flags.option({options: ['wav', 'flac'] as const})({
    default: 'wav',
    description: 'Of the copies: 16 kHz mono, 16 bits.',
  }),
  ...datasetFlags,
  workers: Flags.integer({min: 1, max: 256, description: 'Threads. Default: all cores, fewer for little work.'}),
  resume: Flags.boolean({exclusive: ['force'], description: 'Go on with a run that was interrupted.'}),
  force: Flags.boolean({description: 'Replace the copies of an earlier run in that folder.'}),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress.'}),
}

import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {featuresFlags} from '../flags/features-flags.js'
import type {FeaturesResult} from '../terminal/run-features.js'

export default class Features extends LinguluCommand {
  static override readonly summary = 'Show what a model is given of a recording: shape, statistics, a spectrogram.'
  static override readonly description = `With --json, statistics of every mel band too.

Exit codes: 0 done, 2 wrong usage, 3 the recording cannot be read, 5 there is no such model, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> talk.wav --svg talk.svg',
    '<%= config.bin %> <%= command.id %> talk.wav --kind filter-bank --png talk.png --json',
    '<%= config.bin %> <%= command.id %> talk.wav --kind ./my-model --augment augmentation.json --svg masked.svg',
  ]
  static override readonly args = {
    audio: Args.string({required: true, description: 'A recording.'}),
  }
  static override readonly flags = featuresFlags

  async run(): Promise<FeaturesResult> {
    const {args, flags} = await this.parse(Features)
    const {formatFeatures, runFeatures} = await import('../terminal/run-features.js')
    const {kind, mels, png, svg, augment, seed, force} = flags
    const result = await runFeatures({audio: args.audio, kind, mels, png, svg, augment, seed, force})
    this.log(formatFeatures(result))
    return result
  }
}

import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {augmentFlags} from '../flags/augment-flags.js'
import {EXIT} from '../pipeline/exit-codes.js'
import type {AugmentResult} from '../terminal/run-augment.js'

export default class Augment extends LinguluCommand {
  static override readonly summary = 'Write changed copies of a data set: other speed, pitch, rooms, noise, telephones.'
  static override readonly description =
    `The copies get a manifest with all columns of the source and what was done to each. The same data set, options and seed give the same copies.

Exit codes: 0 all copies are there, 2 wrong usage, 3 some recordings could not be copied and the rest are, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> manifest.csv --out copies --speed 0.9,1.1 --noise white,pink --snr 5,20',
    '<%= config.bin %> <%= command.id %> manifest.csv --out rooms --reverb 0.2,0.8 --copies 3 --format flac',
    '<%= config.bin %> <%= command.id %> calls --out copies --config augmentation.json --resume',
  ]
  static override readonly args = {
    dataset: Args.string({
      required: true,
      description: 'A manifest, a folder, or a name from `lingulu datasets list`.',
    }),
  }
  static override readonly flags = augmentFlags

  async run(): Promise<AugmentResult> {
    const {args, flags} = await this.parse(Augment)
    const {augmentOptions} = await import('../flags/augment-options.js')
    const {formatAugmented, runAugment} = await import('../terminal/run-augment.js')
    const options = await augmentOptions(args.dataset, flags)
    const result = await runAugment(options, {quiet: flags.quiet || this.jsonEnabled()})
    if (result.failed > 0) process.exitCode = EXIT.someFailed
    this.log(formatAugmented(result))
    return result
  }
}

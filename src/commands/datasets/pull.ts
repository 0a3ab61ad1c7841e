import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import type {PulledDataset} from '../../terminal/run-dataset-pull.js'

export default class DatasetsPull extends LinguluCommand {
  static override readonly summary = 'Fetch a data set of the catalogue, and unpack it.'
  static override readonly description =
    `Sizes and checksums are compared where they are published, a download that broke off goes on where it ended, and the folder appears when it is whole, with a manifest. HTTPS_PROXY is honoured.

Exit codes: 0 it is there, 2 wrong usage, 5 it cannot be had, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> librispeech-test-clean',
    '<%= config.bin %> <%= command.id %> fsdd --to data/fsdd',
  ]
  static override readonly args = {
    name: Args.string({required: true, description: 'A name from `lingulu datasets list`.'}),
  }
  static override readonly flags = {
    to: Flags.string({
      description: 'The folder for it. Default: one in lingulu’s cache, where it is found by its name.',
    }),
    offline: Flags.boolean({description: 'Fetch nothing: only look whether it is here.'}),
  }

  async run(): Promise<PulledDataset> {
    const {args, flags} = await this.parse(DatasetsPull)
    const {runDatasetPull} = await import('../../terminal/run-dataset-pull.js')
    const pulled = await runDatasetPull(args.name, {...flags, quiet: this.jsonEnabled()})
    this.log(pulled.path)
    return pulled
  }
}

import {Args} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import {datasetFlags, datasetOptions} from '../../flags/dataset-flags.js'
import {EXIT} from '../../pipeline/exit-codes.js'
import type {VerifiedDataset} from '../../terminal/run-dataset-verify.js'

export default class DatasetsVerify extends LinguluCommand {
  static override readonly summary = 'Check a data set: its rows, and by decoding all its audio.'
  static override readonly description = `Every problem is told with its file and line.

Exit codes: 0 nothing is wrong (there may be warnings), 2 wrong usage, 3 it has errors, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> librispeech-test-clean',
    '<%= config.bin %> <%= command.id %> manifest.csv --json',
  ]
  static override readonly args = {
    source: Args.string({required: true, description: 'A manifest, a folder, or a name from `lingulu datasets list`.'}),
  }
  static override readonly flags = datasetFlags

  async run(): Promise<VerifiedDataset> {
    const {args, flags} = await this.parse(DatasetsVerify)
    const {runDatasetVerify} = await import('../../terminal/run-dataset-verify.js')
    const verified = await runDatasetVerify(args.source, datasetOptions(flags), {
      quiet: this.jsonEnabled(),
      log: line => this.log(line),
    })
    if (verified.errors > 0) process.exitCode = EXIT.someFailed
    return verified
  }
}

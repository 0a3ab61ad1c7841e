import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import {datasetFlags, datasetOptions, subsetFlags} from '../../flags/dataset-flags.js'
import type {PreparedDataset} from '../../pipeline/datasets/prepare-dataset.js'

export default class DatasetsPrepare extends LinguluCommand {
  static override readonly summary = 'Write a manifest of a data set in any layout.'
  static override readonly description =
    'Recordings stay where they are: the manifest names them by their path from its folder, or absolutely if they lie elsewhere.'
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> LibriSpeech/test-clean --to manifest.jsonl',
    '<%= config.bin %> <%= command.id %> librispeech-test-other --subset 200 --to subset.csv',
    '<%= config.bin %> <%= command.id %> calls.tsv --columns audio=path,text=sentence --to manifest.csv',
  ]
  static override readonly args = {
    source: Args.string({required: true, description: 'A manifest, a folder, or a name from `lingulu datasets list`.'}),
  }
  static override readonly flags = {
    to: Flags.string({required: true, description: 'The manifest: a name in .csv or .jsonl.'}),
    ...datasetFlags,
    ...subsetFlags,
    'skip-invalid': Flags.boolean({description: 'Leave out what cannot be used, instead of giving up.'}),
    force: Flags.boolean({description: 'Write over a manifest that is there.'}),
  }

  async run(): Promise<PreparedDataset> {
    const {args, flags} = await this.parse(DatasetsPrepare)
    const {prepareDataset} = await import('../../pipeline/datasets/prepare-dataset.js')
    const {formatPrepared} = await import('../../terminal/format-datasets.js')
    const {interruptSignal} = await import('../../terminal/interrupt.js')
    using interrupt = interruptSignal('Interrupted: nothing was written.')
    const prepared = await prepareDataset(args.source, {
      to: flags.to,
      dataset: datasetOptions(flags),
      subset: flags.subset,
      seed: flags.seed,
      skipInvalid: flags['skip-invalid'],
      overwrite: flags.force,
      signal: interrupt.signal,
    })
    this.log(formatPrepared(prepared))
    return prepared
  }
}

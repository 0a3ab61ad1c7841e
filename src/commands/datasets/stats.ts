import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import {datasetFlags, datasetOptions} from '../../flags/dataset-flags.js'
import type {DatasetDescription} from '../../pipeline/datasets/describe-dataset.js'

export default class DatasetsStats extends LinguluCommand {
  static override readonly summary = 'Say what a data set has: hours, speakers, words, characters, columns.'
  static override readonly description =
    'Lengths that the data set does not tell are read from the recordings, in most formats from their headers.'
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> librispeech-test-clean',
    '<%= config.bin %> <%= command.id %> manifest.csv --no-durations --json',
  ]
  static override readonly args = {
    source: Args.string({required: true, description: 'A manifest, a folder, or a name from `lingulu datasets list`.'}),
  }
  static override readonly flags = {
    ...datasetFlags,
    durations: Flags.boolean({allowNo: true, default: true, description: 'Read lengths from the recordings.'}),
  }

  async run(): Promise<DatasetDescription> {
    const {args, flags} = await this.parse(DatasetsStats)
    const {describeDataset} = await import('../../pipeline/datasets/describe-dataset.js')
    const {openDataset} = await import('../../pipeline/datasets/open-dataset.js')
    const {formatDescription} = await import('../../terminal/format-dataset-stats.js')
    const {interruptSignal} = await import('../../terminal/interrupt.js')
    using interrupt = interruptSignal('Interrupted.')
    const {signal} = interrupt
    const dataset = await openDataset(args.source, {...datasetOptions(flags), signal})
    const description = await describeDataset(dataset, {readDurations: flags.durations, signal})
    this.log(formatDescription(description))
    return description
  }
}

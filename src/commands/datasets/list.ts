import {LinguluCommand} from '../../command.js'
import type {DatasetList} from '../../pipeline/datasets/list-datasets.js'

export default class DatasetsList extends LinguluCommand {
  static override readonly summary = 'List the data sets of the catalogue, and which of them are on this machine.'
  static override readonly description =
    'Any other data set works by its path: a manifest, or a folder in one of the usual layouts.'
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<DatasetList> {
    await this.parse(DatasetsList)
    const {listDatasets} = await import('../../pipeline/datasets/list-datasets.js')
    const {formatDatasetList} = await import('../../terminal/format-datasets.js')
    const list = await listDatasets()
    this.log(formatDatasetList(list))
    return list
  }
}

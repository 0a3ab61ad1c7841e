import {LinguluCommand} from '../../command.js'
import type {ModelList} from '../../pipeline/models/list-models.js'

export default class ModelsList extends LinguluCommand {
  static override readonly summary = 'List the models of the catalogue, and those on this machine.'
  static override readonly description =
    'Models on this machine are those in lingulu’s cache and in Hugging Face’s. Any other repository with ONNX files works by its hub id.'
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<ModelList> {
    await this.parse(ModelsList)
    const {listModels} = await import('../../pipeline/models/list-models.js')
    const {formatModelList} = await import('../../terminal/format-models.js')
    const list = await listModels()
    this.log(formatModelList(list))
    return list
  }
}

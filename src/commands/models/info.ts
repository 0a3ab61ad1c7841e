import {Args} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import {modelFlags} from '../../flags/model-flags.js'
import type {ModelDescription} from '../../pipeline/models/describe-model.js'

export default class ModelsInfo extends LinguluCommand {
  static override readonly summary = 'Show what a model is: architecture, files, precisions, licence, hash.'
  static override readonly description = 'A model that is not on this machine is described from the hub’s listing.'
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> whisper-base.en',
    '<%= config.bin %> <%= command.id %> ./my-model --json',
  ]
  static override readonly args = {
    model: Args.string({
      description: 'A folder, a name from `lingulu models list`, or a hub id. Default: the bundled model.',
    }),
  }
  static override readonly flags = {precision: modelFlags.precision, offline: modelFlags.offline}

  async run(): Promise<ModelDescription> {
    const {args, flags} = await this.parse(ModelsInfo)
    const {describeModel} = await import('../../pipeline/models/describe-model.js')
    const {parsePrecision} = await import('../../pipeline/models/precision.js')
    const {formatDescription} = await import('../../terminal/format-models.js')
    const precision = parsePrecision(flags.precision ?? 'auto')
    const description = await describeModel(args.model, {precision, offline: flags.offline})
    this.log(formatDescription(description))
    return description
  }
}

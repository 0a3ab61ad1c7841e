import {Args} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import {modelFlags} from '../../flags/model-flags.js'

export default class ModelsPath extends LinguluCommand {
  static override readonly summary = 'Print the folder of a model on this machine.'
  static override readonly description = 'Ends with exit code 5 if it is not here.'
  static override readonly examples = ['ls $(<%= config.bin %> <%= command.id %> whisper-base.en)']
  static override readonly args = {
    model: Args.string({description: 'A name from `lingulu models list`, or a hub id. Default: the bundled model.'}),
  }
  static override readonly flags = {precision: modelFlags.precision}

  async run(): Promise<{readonly path: string}> {
    const {args, flags} = await this.parse(ModelsPath)
    const {requireModel} = await import('../../pipeline/models/resolve-model.js')
    const {parsePrecision} = await import('../../pipeline/models/precision.js')
    const {path} = await requireModel(args.model, {precision: parsePrecision(flags.precision ?? 'auto')})
    this.log(path)
    return {path}
  }
}

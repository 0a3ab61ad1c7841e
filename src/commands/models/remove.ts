import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import type {Removal} from '../../pipeline/models/remove-model.js'

export default class ModelsRemove extends LinguluCommand {
  static override readonly summary = 'Remove a model from lingulu’s cache.'
  static override readonly description =
    'All its precisions and revisions go. Nothing outside lingulu’s cache is ever removed. Asks first; without a terminal --yes is needed.'
  static override readonly examples = ['<%= config.bin %> <%= command.id %> whisper-base.en --yes']
  static override readonly args = {
    model: Args.string({required: true, description: 'A name from `lingulu models list`, or a hub id.'}),
  }
  static override readonly flags = {
    yes: Flags.boolean({char: 'y', aliases: ['force'], description: 'Do not ask.'}),
  }

  async run(): Promise<Removal> {
    const {args, flags} = await this.parse(ModelsRemove)
    const {findRemovable, removeModel} = await import('../../pipeline/models/remove-model.js')
    const {confirm} = await import('../../terminal/confirm.js')
    const {formatBytes} = await import('../../terminal/format-bytes.js')
    const found = await findRemovable(args.model)
    const what = `${found.ids.join(', ')} (${formatBytes(found.bytes)})`
    if (!flags.yes && !(await confirm(`Remove ${what}?`, '--yes'))) {
      this.log('Nothing was removed.')
      return {ids: [], bytes: 0}
    }
    const removal = await removeModel(found)
    this.log(`Removed ${what}.`)
    return removal
  }
}

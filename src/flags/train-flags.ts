import {Flags} from '@oclif/core'

export const trainFlags = {
  set: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpValue: '<key=value>',
    description:
      'A setting in place of the configuration’s: learning_rate=0.0005, model.encoder.layers=4. May be repeated.',
  }),
  resume: Flags.boolean({description: 'Go on from the last checkpoint of output_dir, exactly.'}),
  'dry-run': Flags.boolean({description: 'Check the configuration and tell all settings; read no data.'}),
  schema: Flags.boolean({description: 'Print the JSON Schema of configurations, for editors.'}),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress.'}),
}

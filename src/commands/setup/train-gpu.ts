import {Flags} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import type {TrainSetup} from '../../terminal/run-train-setup.js'

export default class SetupTrainGpu extends LinguluCommand {
  static override readonly summary = 'Install TensorFlow with its GPU support for `lingulu train`.'
  static override readonly description =
    `It goes into a folder of lingulu’s cache, or into the one that LINGULU_TFJS names, and no project is touched. What will be downloaded is shown first. At the end a tiny model is trained with it. Training on the CPU needs none of this.

Exit codes: 0 it works, 2 wrong usage or not wanted, 5 it cannot be had or does not work, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --yes',
    '<%= config.bin %> <%= command.id %> --libtensorflow /opt/libtensorflow',
    '<%= config.bin %> <%= command.id %> --cpu',
  ]
  static override readonly flags = {
    cpu: Flags.boolean({description: 'TensorFlow without GPU support: the engine tfjs-node.', exclusive: ['wasm']}),
    wasm: Flags.boolean({
      description: 'Only the engines tfjs-wasm and tfjs-cpu, which need no native library.',
      exclusive: ['libtensorflow'],
    }),
    libtensorflow: Flags.string({
      description:
        'Use the TensorFlow C library of this folder (Linux) instead of downloading one; for newer CUDA versions.',
    }),
    yes: Flags.boolean({char: 'y', description: 'Do not ask.'}),
    'dry-run': Flags.boolean({description: 'Show the steps with their commands, and do nothing.'}),
  }

  async run(): Promise<TrainSetup> {
    const {flags} = await this.parse(SetupTrainGpu)
    const {setUpTraining} = await import('../../terminal/run-train-setup.js')
    return await setUpTraining({
      engine: flags.wasm ? 'tfjs-wasm' : flags.cpu ? 'tfjs-node' : 'tfjs-node-gpu',
      libtensorflow: flags.libtensorflow,
      yes: flags.yes,
      dryRun: flags['dry-run'],
      print: line => this.log(line),
    })
  }
}

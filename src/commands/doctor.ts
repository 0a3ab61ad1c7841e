import {Flags} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import type {Diagnosis} from '../pipeline/doctor/diagnose.js'
import {EXIT} from '../pipeline/exit-codes.js'

export default class Doctor extends LinguluCommand {
  static override readonly summary = 'Show what this machine has for speech models, what it lacks, and how to get that.'
  static override readonly description =
    'Tries each provider in a process of its own. Changes nothing. Ends with exit code 5 if no provider works, else 0.'
  static override readonly examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --train',
    '<%= config.bin %> doctor --json',
  ]
  static override readonly flags = {
    train: Flags.boolean({
      description:
        'Also train a tiny model with each engine of `lingulu train`, and compare the losses with PyTorch’s.',
    }),
  }

  async run(): Promise<Diagnosis> {
    const {flags} = await this.parse(Doctor)
    const {diagnose} = await import('../pipeline/doctor/diagnose.js')
    const {formatDiagnosis} = await import('../pipeline/doctor/format-diagnosis.js')
    const diagnosis = await diagnose({training: flags.train})
    this.log(formatDiagnosis(diagnosis))
    if (!diagnosis.providers.some(({available}) => available)) process.exitCode = EXIT.unavailable
    return diagnosis
  }
}

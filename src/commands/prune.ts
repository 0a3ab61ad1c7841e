import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {pruneFlags} from '../flags/prune-flags.js'
import type {PruneResult} from '../terminal/run-prune.js'

export default class Prune extends LinguluCommand {
  static override readonly summary = 'Remove weights of a model: the smallest ones, 2:4, or whole neurons and heads.'
  static override readonly description =
    `Writes a copy of a model folder with pruned ONNX files, and a report of its sparsity (sparsity.md, sparsity.json). Needs no Python.

Exit codes: 0 it is there, 2 wrong usage or nothing to prune, 3 it cannot be written, 5 the model cannot be used, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> whisper-tiny --out ./whisper-tiny-2-4 --method 2:4',
    '<%= config.bin %> <%= command.id %> ./my-model -o ./my-smaller-model --method structured --amount 0.25 --targets ffn',
    '<%= config.bin %> <%= command.id %> encoder_model.onnx -o ./sparse --method l1 --amount 0.5 --scope global',
  ]
  static override readonly args = {
    model: Args.string({
      required: true,
      description: 'A model folder, a name from `lingulu models list` that was pulled, or an ONNX file.',
    }),
  }
  static override readonly flags = pruneFlags

  async run(): Promise<PruneResult> {
    const {args, flags} = await this.parse(Prune)
    const {pruneOptions} = await import('../flags/prune-options.js')
    const {formatPruning, runPrune} = await import('../terminal/run-prune.js')
    const result = await runPrune(pruneOptions(args.model, flags), {quiet: flags.quiet || this.jsonEnabled()})
    this.log(formatPruning(result))
    return result
  }
}

import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {optimizeFlags} from '../flags/optimize-flags.js'
import type {OptimizeResult} from '../terminal/run-optimize.js'

export default class Optimize extends LinguluCommand {
  static override readonly summary = 'Make the graphs of a model smaller and quicker, with the same outputs.'
  static override readonly description =
    `Writes a copy of a model folder whose ONNX files have fewer nodes: constants computed, duplicates and idle nodes removed, ONNX Runtime’s own optimisations written down. The outputs are compared before and after. Needs no Python.

Exit codes: 0 it is there, 2 wrong usage, 3 it cannot be written, 5 the model cannot be used, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> ./my-model --out ./my-model-optimized',
    '<%= config.bin %> <%= command.id %> encoder_model.onnx -o ./encoder --level extended --fix-shape batch_size=1',
  ]
  static override readonly args = {
    model: Args.string({
      required: true,
      description: 'A model folder, a name from `lingulu models list` that was pulled, or an ONNX file.',
    }),
  }
  static override readonly flags = optimizeFlags

  async run(): Promise<OptimizeResult> {
    const {args, flags} = await this.parse(Optimize)
    const {formatOptimization, runOptimize} = await import('../terminal/run-optimize.js')
    const {parsePrecision} = await import('../pipeline/models/precision.js')
    const {out, level, precision} = flags
    const options = {
      level,
      foldConstants: flags['fold-constants'],
      fixShape: flags['fix-shape'],
      float16Io: flags['float16-io'],
    }
    const chosen = precision === undefined ? undefined : parsePrecision(precision)
    const quiet = flags.quiet || this.jsonEnabled()
    const result = await runOptimize({model: args.model, out, options, precision: chosen}, {quiet})
    this.log(formatOptimization(result))
    return result
  }
}

import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {quantizeFlags} from '../flags/quantize-flags.js'
import type {QuantizeResult} from '../terminal/run-quantize.js'

export default class Quantize extends LinguluCommand {
  static override readonly summary = 'Make a model smaller and faster: int8, 8- and 4-bit weights, float16.'
  static override readonly description =
    `Writes a copy of a model folder with quantized ONNX files. With --data it is measured what that costs, in word errors and in speed, and what costs too much can stay in float. Needs no Python.

Exit codes: 0 it is there, 2 wrong usage or nothing to quantize, 3 it cannot be written, 4 the limit of WER cannot be kept, 5 the model cannot be used, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> whisper-tiny --out ./whisper-tiny-cpu --method cpu',
    '<%= config.bin %> <%= command.id %> ./my-model -o ./my-model-int8 --method cpu --data manifest.csv --max-wer-increase 0.2',
    '<%= config.bin %> <%= command.id %> encoder_model.onnx -o ./small --method int4-weights --exclude "*/out_proj/*"',
  ]
  static override readonly args = {
    model: Args.string({
      required: true,
      description: 'A model folder, a name from `lingulu models list` that was pulled, or an ONNX file.',
    }),
  }
  static override readonly flags = quantizeFlags

  async run(): Promise<QuantizeResult> {
    const {args, flags} = await this.parse(Quantize)
    const {quantizeOptions} = await import('../flags/quantize-options.js')
    const {formatQuantization, runQuantize} = await import('../terminal/run-quantize.js')
    const options = await quantizeOptions(args.model, flags)
    const result = await runQuantize(options, {quiet: flags.quiet || this.jsonEnabled()})
    this.log(formatQuantization(result))
    return result
  }
}

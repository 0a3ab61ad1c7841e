import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {exportFlags} from '../flags/export-flags.js'
import type {ExportResult} from '../terminal/run-export.js'

export default class Export extends LinguluCommand {
  static override readonly summary = 'Make ONNX files of a checkpoint with safetensors weights.'
  static override readonly description =
    `Reads a folder in Hugging Face's layout (Whisper; wav2vec 2.0, HuBERT and WavLM with a CTC or a classification head) and writes one that lingulu, transformers.js and optimum read. Needs no Python.

Exit codes: 0 it is there, 2 wrong usage, 5 the checkpoint cannot be exported, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> ./my-whisper --out ./my-whisper-onnx',
    '<%= config.bin %> <%= command.id %> ./my-wav2vec2 --out models/my-wav2vec2 --json',
  ]
  static override readonly args = {
    checkpoint: Args.string({required: true, description: 'A folder with config.json and model.safetensors.'}),
  }
  static override readonly flags = exportFlags

  async run(): Promise<ExportResult> {
    const {args, flags} = await this.parse(Export)
    const {formatExport, runExport} = await import('../terminal/run-export.js')
    const {out, opset} = flags
    const options = {checkpoint: args.checkpoint, out, opset, crossAttentions: flags['cross-attentions']}
    const result = await runExport(options, {quiet: flags.quiet || this.jsonEnabled()})
    this.log(formatExport(result))
    return result
  }
}

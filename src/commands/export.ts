import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {exportFlags} from '../flags/export-flags.js'
import {checkTarget, tensorrtFlags, tensorrtOptions} from '../flags/tensorrt-flags.js'
import type {BuildEnginesResult} from '../terminal/run-build-engines.js'
import type {ExportResult} from '../terminal/run-export.js'

export default class Export extends LinguluCommand {
  static override readonly summary = 'Make ONNX files of a checkpoint with safetensors weights.'
  static override readonly description =
    `Reads a folder in Hugging Face's layout (Whisper; wav2vec 2.0, HuBERT and WavLM with a CTC or a classification head) and writes one with ONNX files that lingulu reads or, with --layout huggingface, transformers.js and optimum too. Needs no Python. With --to tensorrt it builds TensorRT engines of ONNX files, with NVIDIA’s trtexec and on the GPU they are for.

Exit codes: 0 it is there, 2 wrong usage, 3 the folder cannot be written, 5 the checkpoint cannot be exported, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> ./my-whisper --out ./my-whisper-onnx',
    '<%= config.bin %> <%= command.id %> ./my-whisper --out ./for-the-browser --layout huggingface --precision fp16',
    '<%= config.bin %> <%= command.id %> ./my-wav2vec2 --out models/my-wav2vec2 --json',
    '<%= config.bin %> <%= command.id %> ./my-whisper-onnx --to tensorrt --out ./my-whisper-engines',
  ]
  static override readonly args = {
    checkpoint: Args.string({
      required: true,
      description:
        'A folder with config.json and model.safetensors; for --to tensorrt one with ONNX files, or an ONNX file.',
    }),
  }
  static override readonly flags = {...exportFlags, ...tensorrtFlags}

  async run(): Promise<ExportResult | BuildEnginesResult> {
    const {args, flags, metadata} = await this.parse(Export)
    checkTarget(
      flags.to,
      Object.keys(flags).filter(name => metadata.flags[name]?.setFromDefault !== true),
    )
    const quiet = flags.quiet || this.jsonEnabled()
    if (flags.to === 'tensorrt') {
      const {formatEngines, runBuildEngines} = await import('../terminal/run-build-engines.js')
      const precision = flags.precision === 'fp16' ? 'fp16' : 'source'
      const wanted = {from: args.checkpoint, out: flags.out, precision, ...tensorrtOptions(flags)} as const
      const engines = await runBuildEngines(wanted, {quiet})
      this.log(formatEngines(engines))
      return engines
    }
    const {formatExport, runExport} = await import('../terminal/run-export.js')
    const {out, layout, precision, opset} = flags
    const {checkpoint} = args
    const options = {checkpoint, out, layout, precision, opset, crossAttentions: flags['cross-attentions']}
    const result = await runExport(options, {quiet})
    this.log(formatExport(result))
    return result
  }
}

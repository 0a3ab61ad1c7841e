import {Flags} from '@oclif/core'
import {EXPORT_PRECISIONS, LAYOUTS} from '../pipeline/export/layouts.js'

export const exportFlags = {
  out: Flags.string({char: 'o', required: true, description: 'The folder to make. It must not be there.'}),
  layout: Flags.option({options: LAYOUTS})({
    default: 'fused',
    description:
      'Which files: fused for lingulu; huggingface for transformers.js and optimum; split for the latter, without a merged decoder.',
  }),
  precision: Flags.option({options: EXPORT_PRECISIONS})({
    default: 'fp32',
    description: 'Type of the weights. Inputs and outputs are float32 with either.',
  }),
  opset: Flags.integer({default: 17, min: 17, max: 21, description: 'Version of ONNX’s operators.'}),
  'cross-attentions': Flags.boolean({
    default: true,
    allowNo: true,
    description: 'Let Whisper’s decoder give its cross-attention, which word timestamps need.',
  }),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress and no notes.'}),
}

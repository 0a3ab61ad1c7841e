import {Flags} from '@oclif/core'

export const exportFlags = {
  out: Flags.string({char: 'o', required: true, description: 'The folder to make. It must not be there.'}),
  precision: Flags.option({options: ['fp32'] as const})({default: 'fp32', description: 'Type of the weights.'}),
  opset: Flags.integer({default: 17, min: 17, max: 21, description: 'Version of ONNX’s operators.'}),
  'cross-attentions': Flags.boolean({
    default: true,
    allowNo: true,
    description: 'Let Whisper’s decoder give its cross-attention, which word timestamps need.',
  }),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress and no notes.'}),
}

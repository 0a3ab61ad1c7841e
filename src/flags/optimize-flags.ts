import {Flags} from '@oclif/core'
import {OPTIMIZE_LEVELS} from '../pipeline/optimize/optimize-options.js'

export const optimizeFlags = {
  out: Flags.string({char: 'o', required: true, description: 'The folder to make. It must not be there.'}),
  level: Flags.option({options: OPTIMIZE_LEVELS})({
    default: 'basic',
    description:
      'ONNX Runtime’s own optimisations: basic keeps to operators of ONNX, extended adds ONNX Runtime’s own, none leaves them out.',
  }),
  'fold-constants': Flags.boolean({
    default: true,
    allowNo: true,
    description: 'Compute in advance what does not depend on the inputs.',
  }),
  'fix-shape': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpValue: '<name=sizes>',
    description: 'Sizes of an input (input_features=1,80,3000) or of a dimension (batch_size=1). May be repeated.',
  }),
  'float16-io': Flags.boolean({description: 'Inputs and outputs of float32 become float16.'}),
  precision: Flags.string({
    description: 'Which of the model’s ONNX files: auto (the default), fp32, …, or encoder=…,decoder=….',
  }),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress and no notes.'}),
}

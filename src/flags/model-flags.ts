import {Flags} from '@oclif/core'
import {DEVICES} from '../pipeline/runtime/session.js'

const helpGroup = 'MODEL AND DEVICE'

export const modelFlags = {
  model: Flags.string({
    char: 'm',
    helpGroup,
    description: 'A model folder, a name from `lingulu models list`, or a hub id such as openai/whisper-tiny.en.',
  }),
  precision: Flags.string({
    helpGroup,
    description: 'Which ONNX files: auto, fp32, fp16, q8, int8, uint8, w8, q4, q4f16, bnb4, or encoder=…,decoder=….',
  }),
  offline: Flags.boolean({helpGroup, description: 'Fetch nothing.'}),
  device: Flags.option({options: DEVICES})({
    helpGroup,
    default: 'auto',
    description: 'Where the model runs. auto takes CUDA where it works, else the CPU; any other choice is strict.',
  }),
  devices: Flags.string({helpGroup, description: 'GPU numbers, such as 0,1: one worker on each.'}),
  threads: Flags.integer({helpGroup, min: 1, description: 'Threads of all workers together. Default: all cores.'}),
  workers: Flags.integer({helpGroup, min: 1, description: 'Worker processes on the CPU. Default: 1.'}),
  'batch-size': Flags.integer({
    helpGroup,
    min: 1,
    description: 'Windows of different recordings decoded together. Default: what 1 GiB of cache holds, at most 8.',
  }),
  timeout: Flags.integer({helpGroup, min: 1, description: 'Seconds after which a recording fails. Default: none.'}),
}

import {Flags} from '@oclif/core'
import {BLOCK_SIZES} from '../pipeline/onnx/quantize/blocks.js'
import {METHODS_AND_PRESETS} from '../pipeline/quantize/presets.js'
import {DEVICES} from '../pipeline/runtime/session.js'
import {datasetFlags} from './dataset-flags.js'
import {numberFlag} from './parse-number.js'

const nodes = 'WHICH NODES'
const how = 'HOW'
const data = 'CALIBRATION AND MEASURING'

const patterns = (description: string) =>
  Flags.string({helpGroup: nodes, multiple: true, multipleNonGreedy: true, description})

export const quantizeFlags = {
  out: Flags.string({char: 'o', required: true, description: 'The folder to make. It must not be there.'}),
  method: Flags.option({options: METHODS_AND_PRESETS})({
    exclusive: ['recipe'],
    description: 'One method for the whole model, or a preset: cpu, gpu, tensorrt, smallest.',
  }),
  recipe: Flags.string({helpValue: '<file>', description: 'Steps for each part of the model, as JSON.'}),
  precision: Flags.string({
    description: 'Which of the model’s ONNX files: auto (the default), fp32, …, or encoder=…,decoder=….',
  }),
  'op-types': Flags.string({
    helpGroup: nodes,
    helpValue: '<A,B>',
    description: 'Operators, such as MatMul,Gather. Default: those the method is best for.',
  }),
  include: patterns('Only nodes whose name matches; * stands for any characters. May be repeated.'),
  exclude: patterns('Not nodes whose name matches. May be repeated.'),
  nodes: patterns('Only this node, by its exact name. May be repeated.'),
  'per-channel': Flags.boolean({
    helpGroup: how,
    allowNo: true,
    description: 'int8: a scale for each channel of the weights. Default: on.',
  }),
  symmetric: Flags.boolean({
    helpGroup: how,
    allowNo: true,
    description: 'Without zero points: of blocks of weights (default: on), of activations (default: off).',
  }),
  'block-size': Flags.integer({
    helpGroup: how,
    helpValue: `<${BLOCK_SIZES.join('|')}>`,
    description: 'Weights that share a scale. Default: 32 for 4 bits, 128 for 8.',
  }),
  data: Flags.string({
    helpGroup: data,
    helpValue: '<manifest|name>',
    description: 'Recordings with their texts: to calibrate with, and to measure what quantization costs.',
  }),
  layout: datasetFlags.layout,
  columns: datasetFlags.columns,
  'calibration-samples': Flags.integer({
    helpGroup: data,
    min: 1,
    dependsOn: ['data'],
    description: 'Recordings to calibrate with. Default: 32.',
  }),
  'calibration-method': Flags.option({options: ['minmax', 'percentile', 'entropy'] as const})({
    helpGroup: data,
    description: 'static-int8: where ranges of activations come from. Default: minmax.',
  }),
  percentile: numberFlag({helpGroup: data, description: 'Of the calibration method percentile. Default: 99.999.'}),
  measure: Flags.boolean({
    helpGroup: data,
    allowNo: true,
    default: true,
    description: 'Measure accuracy and speed before and after. Default: on, where there are data.',
  }),
  subset: Flags.integer({
    helpGroup: data,
    min: 1,
    dependsOn: ['data'],
    description: 'Measure on so many utterances only; always the same ones.',
  }),
  'max-wer-increase': numberFlag({
    helpGroup: data,
    dependsOn: ['data'],
    description:
      'How much WER may rise, in percentage points: 0.2 from 7.0 % to 7.2 %. What costs most stays in float.',
  }),
  sensitivity: Flags.boolean({
    helpGroup: data,
    dependsOn: ['data'],
    description: 'Rank layers by what quantizing them costs. Default: where there is a limit of WER.',
  }),
  device: Flags.option({options: DEVICES})({
    helpGroup: data,
    description: 'Where the model will run: warns of what does not suit it, and is measured on. Default: cpu.',
  }),
  threads: Flags.integer({helpGroup: data, min: 1, description: 'Of measuring. Default: all cores.'}),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress and no notes.'}),
}

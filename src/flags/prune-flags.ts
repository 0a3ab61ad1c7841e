import {Flags} from '@oclif/core'
import {datasetFlags} from './dataset-flags.js'
import {numberFlag} from './parse-number.js'

const nodes = 'WHICH NODES'
const structured = 'STRUCTURED'

const patterns = (description: string) =>
  Flags.string({helpGroup: nodes, multiple: true, multipleNonGreedy: true, description})

export const pruneFlags = {
  out: Flags.string({char: 'o', required: true, description: 'The folder to make. It must not be there.'}),
  method: Flags.string({
    required: true,
    helpValue: '<l1|structured|n:m>',
    description:
      'l1: the smallest weights become zero. 2:4, or any n:m: of each m weights along the inputs n stay. structured: whole neurons and heads go, and the model becomes smaller.',
  }),
  amount: numberFlag({description: 'l1 and structured: the part to be removed, more than 0 and at most 1.'}),
  scope: Flags.option({options: ['layer', 'global'] as const})({
    description: 'That part of each layer (the default), or of all layers of a file together.',
  }),
  precision: Flags.string({
    description: 'Which of the model’s ONNX files: auto (the default), fp32, …, or encoder=…,decoder=….',
  }),
  targets: Flags.string({helpGroup: structured, helpValue: '<heads,ffn>', description: 'What goes. Default: both.'}),
  by: Flags.option({options: ['l1', 'activation'] as const})({
    helpGroup: structured,
    description:
      'How neurons and heads are judged: by their weights (the default), or by what they compute of the recordings of --data.',
  }),
  multiple: Flags.integer({
    helpGroup: structured,
    min: 1,
    description: 'So many neurons stay in each layer, or a multiple. Default: 8.',
  }),
  data: Flags.string({
    helpGroup: structured,
    helpValue: '<manifest|name>',
    description: 'Recordings like those that the model will hear, for --by activation.',
  }),
  layout: datasetFlags.layout,
  columns: datasetFlags.columns,
  'calibration-samples': Flags.integer({
    helpGroup: structured,
    min: 1,
    dependsOn: ['data'],
    description: 'How many of them. Default: 32.',
  }),
  threads: Flags.integer({helpGroup: structured, min: 1, description: 'To transcribe them with. Default: all cores.'}),
  include: patterns('Only nodes whose name matches; * stands for any characters. May be repeated.'),
  exclude: patterns('Not nodes whose name matches. May be repeated.'),
  nodes: patterns('Only this node, by its exact name. May be repeated.'),
  quiet: Flags.boolean({char: 'q', description: 'Show no progress and no notes.'}),
}

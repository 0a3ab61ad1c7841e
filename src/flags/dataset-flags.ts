import {Flags} from '@oclif/core'
import {type DatasetOptions, LAYOUTS, parseColumns} from '../pipeline/datasets/dataset-options.js'

const helpGroup = 'DATA SET'

export const datasetFlags = {
  layout: Flags.option({options: ['auto', ...LAYOUTS] as const})({
    helpGroup,
    default: 'auto',
    description: 'How the data set lies on the disk. auto recognises it.',
  }),
  columns: Flags.string({
    helpGroup,
    description: 'Which columns of a table to take, where their names do not say it: text=sentence,audio=path.',
  }),
}

export const subsetFlags = {
  subset: Flags.integer({
    helpGroup,
    min: 1,
    description: 'Take so many utterances only, of every speaker in proportion; always the same ones.',
  }),
  seed: Flags.integer({
    helpGroup,
    min: 0,
    dependsOn: ['subset'],
    description: 'Another number draws another sample. Default: 1.',
  }),
}

/**
 * What the flags say of a data set.
 * @throws {LinguluError} USAGE
 */
export function datasetOptions({
  layout,
  columns,
}: {
  readonly layout: DatasetOptions['layout']
  readonly columns: string | undefined
}): DatasetOptions {
  return {layout, ...(columns === undefined ? {} : {columns: parseColumns(columns)})}
}

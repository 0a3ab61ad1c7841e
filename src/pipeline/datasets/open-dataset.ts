import type {DatasetOptions} from './dataset-options.js'
import {findDataset} from './find-dataset.js'
import {readDataset} from './read-dataset.js'
import type {Dataset} from './utterance.js'

/**
 * Reads the data set that a path or a name of the catalogue stands for.
 * @throws {LinguluError} as `findDataset` and `readDataset`
 */
export async function openDataset(
  nameOrPath: string,
  options: DatasetOptions & {readonly signal?: AbortSignal | undefined} = {},
): Promise<Dataset> {
  const {path, name, entry} = await findDataset(nameOrPath)
  const dataset = await readDataset(path, options)
  return entry === undefined ? dataset : {...dataset, name}
}

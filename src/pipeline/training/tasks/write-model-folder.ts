import {join} from 'node:path'
import {writeAtomically} from '../../transcripts/atomic-write.js'
import type {Weights} from './training-task.js'
import {writeWeights} from './write-weights.js'

/**
 * Writes a model folder in the style of Hugging Face: `model.safetensors` and JSON files by their names.
 *
 * @throws LinguluError OUTPUT_EXISTS if there are weights already; OUTPUT_FAILED
 */
export async function writeModelFolder(
  folder: string,
  weights: Weights,
  documents: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeWeights(join(folder, 'model.safetensors'), weights)
  await writeAtomically(
    Object.entries(documents).map(([name, document]) => ({
      path: join(folder, name),
      content: `${JSON.stringify(document, null, 2)}\n`,
    })),
  )
}

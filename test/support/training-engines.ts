import type {TfjsEngineName} from '../../src/pipeline/training/engine/engine-names.js'
import {loadTfjs} from '../../src/pipeline/training/engine/tfjs/load-tfjs.js'

/** Why native TensorFlow is not here; undefined if it is. `lingulu setup train-gpu --cpu` brings it. */
export const noTensorFlow = await loadTfjs('tfjs-node', {threads: 1}).then(
  () => undefined,
  (error: Error) => error.message,
)

export const OTHER_ENGINES: readonly TfjsEngineName[] = [
  'tfjs-cpu',
  'tfjs-wasm',
  ...(noTensorFlow === undefined ? (['tfjs-node'] as const) : []),
]

/** For the title of a suite that goes without. */
export const withoutTensorFlow = noTensorFlow === undefined ? '' : ` (without tfjs-node: ${noTensorFlow})`

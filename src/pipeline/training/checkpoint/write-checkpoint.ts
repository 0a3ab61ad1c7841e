import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {writeSafetensors} from '../../export/safetensors-write.js'
import {memorySource} from '../../onnx/model.js'
import {writeAtomically} from '../../transcripts/atomic-write.js'
import {writeFolder} from '../../transcripts/draft-folder.js'
import type {ParameterPlace} from '../engine/parameters.js'
import type {TrainingState} from '../engine/training-engine.js'
import type {TrainingTask} from '../tasks/training-task.js'
import {checkpointFolder, STATE_FILE, VECTORS_FILE} from './checkpoint-files.js'
import type {TrainerState} from './trainer-state.js'
import {weightsOf} from './weights-of.js'

export interface NewCheckpoint {
  readonly task: Pick<TrainingTask, 'save'>
  readonly places: readonly ParameterPlace[]
  readonly vectors: TrainingState
  readonly state: TrainerState
}

/**
 * Writes `checkpoint-<step>` into the folder of a run: a model folder that can be exported, and what a resumed run needs.
 * It appears whole or not at all. Gives its path.
 *
 * @throws LinguluError OUTPUT_FAILED
 */
export async function writeCheckpoint(run: string, {task, places, vectors, state}: NewCheckpoint): Promise<string> {
  const target = checkpointFolder(run, state.step)
  await writeFolder(target, async draft => {
    await task.save(draft, weightsOf(places, vectors.parameters))
    const {parameters, first, second} = vectors
    const tensors = Object.entries({parameters, first, second}).map(([name, values]) => ({
      name,
      type: 'F32' as const,
      shape: [values.length],
      source: memorySource(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    }))
    await writeSafetensors(join(draft, VECTORS_FILE), tensors)
    await writeFile(join(draft, STATE_FILE), formatState(state))
  })
  return target
}

/** Writes what is newly known of a checkpoint whose weights stay: that it has been evaluated. @throws LinguluError OUTPUT_FAILED */
export async function rewriteState(run: string, state: TrainerState): Promise<string> {
  const folder = checkpointFolder(run, state.step)
  await writeAtomically([{path: join(folder, STATE_FILE), content: formatState(state)}])
  return folder
}

const formatState = (state: TrainerState): string => `${JSON.stringify(state, undefined, 2)}\n`

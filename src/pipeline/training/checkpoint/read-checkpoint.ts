import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {LinguluError} from '../../errors.js'
import type {RatedCheckpoint} from '../best-checkpoints.js'
import type {TrainingState} from '../engine/training-engine.js'
import {readWeights} from '../tasks/read-weights.js'
import {checkpointFolder, listCheckpoints, STATE_FILE, VECTORS_FILE} from './checkpoint-files.js'
import {TrainerState} from './trainer-state.js'

export interface ReadCheckpoint {
  readonly folder: string
  readonly state: TrainerState
  readonly vectors: TrainingState
}

/** @throws LinguluError JOURNAL_INVALID for a checkpoint that is damaged or of another version */
export async function readCheckpoint(folder: string): Promise<ReadCheckpoint> {
  const state = await readState(folder)
  const vectors = await readWeights(join(folder, VECTORS_FILE))
  const [parameters, first, second] = ['parameters', 'first', 'second'].map(name => vectors.get(name)?.values)
  if (parameters === undefined || first?.length !== parameters.length || second?.length !== parameters.length)
    throw damaged(folder, `${VECTORS_FILE} lacks a vector`)
  return {folder, state, vectors: {parameters, first, second, steps: state.step}}
}

/** @throws LinguluError JOURNAL_INVALID */
export async function readState(folder: string): Promise<TrainerState> {
  try {
    return TrainerState.parse(JSON.parse(await readFile(join(folder, STATE_FILE), 'utf8')))
  } catch (cause) {
    throw damaged(folder, `${STATE_FILE} cannot be read`, cause)
  }
}

/** The checkpoints of a run, oldest first, with what they were evaluated to be; of those that cannot be read that is null. */
export async function rateCheckpoints(run: string): Promise<readonly RatedCheckpoint[]> {
  return Promise.all(
    (await listCheckpoints(run)).map(async step => {
      const state = await readState(checkpointFolder(run, step)).catch(() => undefined)
      return {step, value: state?.value ?? null}
    }),
  )
}

const damaged = (folder: string, what: string, cause?: unknown): LinguluError =>
  new LinguluError('JOURNAL_INVALID', `${folder}: ${what}`, {
    cause,
    hint: 'Remove this checkpoint: the run then goes on from the one before.',
  })

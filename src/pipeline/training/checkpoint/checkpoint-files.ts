import {readdir} from 'node:fs/promises'
import {join} from 'node:path'

export const STATE_FILE = 'trainer_state.json'
export const VECTORS_FILE = 'training_state.safetensors'

const NAME = /^checkpoint-(\d+)$/

export const checkpointFolder = (run: string, step: number): string => join(run, `checkpoint-${step}`)

/** The steps of the checkpoints of a run, oldest first. */
export async function listCheckpoints(run: string): Promise<readonly number[]> {
  const names = await readdir(run).catch(() => [])
  return names
    .flatMap(name => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

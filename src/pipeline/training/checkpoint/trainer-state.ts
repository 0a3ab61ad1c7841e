import {z} from 'zod'
import {EarlyStoppingState} from '../early-stopping.js'

const count = z.int().min(0)

/** `trainer_state.json` of a checkpoint: where the run is. Weights and moments are in `training_state.safetensors`. */
export const TrainerState = z.strictObject({
  schema: z.literal(1),
  step: count,
  position: z.strictObject({epoch: count, batch: count}).describe('The next batch.'),
  epochs: z.number().min(0),
  seconds: z.number().min(0).describe('Wall clock so far.'),
  stopping: EarlyStoppingState,
  value: z.number().nullable().describe('What this checkpoint was evaluated to be, by the metric for the best model.'),
  evaluated: z.boolean().default(true).describe('False where the evaluation due at this step is still to be made.'),
  fingerprint: z.string().describe('Of the settings and data that must not change.'),
})
export type TrainerState = Readonly<z.infer<typeof TrainerState>>

import {createHash} from 'node:crypto'
import type {TrainConfig} from './config/train-config.js'

/** Settings that a resumed run may have otherwise: how long it goes on, how it is told of, and where it runs. */
const FREE: ReadonlySet<string> = new Set([
  '$schema',
  'output_dir',
  'num_train_epochs',
  'max_steps',
  'logging_steps',
  'eval_steps',
  'save_steps',
  'save_total_limit',
  'keep_best',
  'average_best',
  'early_stopping_patience',
  'early_stopping_threshold',
  'per_device_eval_batch_size',
  'engine',
  'threads',
  'feature_workers',
  'keep_texts',
  'learning_rate',
  'lr_scheduler_type',
  'lr_scheduler_kwargs',
  'warmup_steps',
  'warmup_ratio',
  'fp16',
  'bf16',
])

/** Of all that decides what a step learns from: a resumed run must have the same. @param data hashes of the data sets */
export function fingerprintOf(config: TrainConfig, data: readonly string[]): string {
  const fixed = Object.entries(config).filter(([key]) => !FREE.has(key))
  return createHash('sha256')
    .update(JSON.stringify([fixed, data]))
    .digest('hex')
}

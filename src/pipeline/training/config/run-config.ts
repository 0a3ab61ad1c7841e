import {z} from 'zod'
import {ENGINES} from '../engine/engine-names.js'

const count = z.int().min(0)

/** How a training runs, in the names of transformers' `TrainingArguments`. */
export const runSettings = {
  output_dir: z.string().min(1).describe('The folder that the run writes into.'),
  num_train_epochs: z.number().gt(0).default(3).describe('Times that the data are gone through.'),
  max_steps: z.int().min(1).optional().describe('So many steps, in place of epochs.'),
  per_device_train_batch_size: z.int().min(1).optional().describe('Rows of a batch, in place of batch_seconds.'),
  batch_seconds: z.number().gt(0).default(60).describe('Seconds of a batch, padding included.'),
  gradient_accumulation_steps: z.int().min(1).default(1).describe('Batches whose gradients make one step.'),
  learning_rate: z.number().gt(0).default(1e-3),
  lr_scheduler_type: z
    .enum([
      'linear',
      'cosine',
      'cosine_with_restarts',
      'polynomial',
      'constant',
      'constant_with_warmup',
      'inverse_sqrt',
      'warmup_stable_decay',
    ])
    .default('linear'),
  lr_scheduler_kwargs: z
    .strictObject({
      num_cycles: z.number().min(0).optional(),
      min_lr_rate: z.number().min(0).max(1).optional(),
      power: z.number().min(0).optional(),
      lr_end: z.number().min(0).optional(),
      timescale: z.number().gt(0).optional(),
      num_stable_steps: count.optional(),
      num_decay_steps: count.optional(),
      min_lr_ratio: z.number().min(0).max(1).optional(),
      warmup_type: z.enum(['linear', 'cosine', '1-sqrt']).optional(),
      decay_type: z.enum(['linear', 'cosine', '1-sqrt']).optional(),
    })
    .default({})
    .describe('Settings of the scheduler, as in transformers.'),
  warmup_steps: z.number().min(0).default(0),
  warmup_ratio: z.number().min(0).max(1).default(0),
  weight_decay: z.number().min(0).default(0.01).describe('Of matrices; biases and norms do not decay.'),
  adam_beta1: z.number().min(0).lt(1).default(0.9),
  adam_beta2: z.number().min(0).lt(1).default(0.98),
  adam_epsilon: z.number().gt(0).default(1e-8),
  max_grad_norm: z.number().gt(0).default(1),
  label_smoothing_factor: z.number().min(0).lt(1).default(0).describe('Whisper, classification.'),
  fp16: z.boolean().default(false).describe('No engine of today has it: refused.'),
  bf16: z.boolean().default(false).describe('No engine of today has it: refused.'),
  logging_steps: z.int().min(1).default(50),
  eval_steps: z.int().min(1).default(500),
  save_steps: z.int().min(1).default(500),
  save_total_limit: z.int().min(1).nullable().default(3).describe('Checkpoints that stay; null: all.'),
  keep_best: z.int().min(1).default(1).describe('So many of the best checkpoints stay, whatever their age.'),
  average_best: z
    .int()
    .min(1)
    .default(1)
    .describe('The model is the mean of so many of the best checkpoints, where that is better than the best.'),
  metric_for_best_model: z.string().min(1).optional().describe('Default: the task’s own: wer, accuracy, eer.'),
  early_stopping_patience: z.int().min(1).nullable().default(null).describe('Evaluations without improvement.'),
  early_stopping_threshold: z.number().min(0).default(0),
  per_device_eval_batch_size: z.int().min(1).default(16),
  seed: z.int().default(42),
  engine: z.enum(['auto', ...ENGINES]).default('auto'),
  threads: z.int().min(1).optional().describe('Of the engine. Default: the physical cores.'),
  feature_workers: z.int().min(1).max(64).default(1).describe('Threads that augment and compute features.'),
  keep_texts: z.boolean().default(false).describe('Show examples of texts in the report.'),
}

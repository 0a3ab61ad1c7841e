import {z} from 'zod'
import {type ModelFiles, readModelJson} from './model-files.js'

/** What is known of features before a recording is heard. */
export const NormalizationPriorSchema = z.strictObject({
  frames: z.number().positive(),
  mean: z.array(z.number()).min(1),
  deviation: z.array(z.number().min(0)).min(1),
})

/** `preprocessor_config.json`, as far as it decides what a model hears. */
const Preprocessor = z.object({
  feature_extractor_type: z.string().optional(),
  sampling_rate: z.literal(16_000, {error: 'lingulu’s audio is 16 kHz'}).default(16_000),
  do_normalize: z.boolean().optional(),
  feature_size: z.int().positive().optional(),
  n_fft: z.int().positive().optional(),
  win_length: z.int().positive().optional(),
  hop_length: z.int().positive().optional(),
  preemphasis: z.number().min(0).max(1).optional(),
  normalize: z.enum(['none', 'per-feature', 'all-features']).optional(),
  normalize_prior: NormalizationPriorSchema.optional(),
})
export type Preprocessor = z.infer<typeof Preprocessor>

/** transformers 5 writes the feature extractor into this file instead of its own. */
const Processor = z.object({feature_extractor: Preprocessor.optional()})

/** The folder's feature extractor, wherever it is written; undefined if nowhere. */
export async function readPreprocessor(files: ModelFiles): Promise<Preprocessor | undefined> {
  const own = await readModelJson(files, 'preprocessor_config.json', Preprocessor)
  return own ?? (await readModelJson(files, 'processor_config.json', Processor))?.feature_extractor
}

import {z} from 'zod'
import {FROZEN_FROM, hasFrozenFrom, pooledEncoderSettings} from './classification-config.js'
import {MARGINS} from './margin-loss.js'

export const SpeakerModelConfig = z
  .strictObject({
    ...pooledEncoderSettings,
    embedding: z.int().min(2).max(4096).default(192).describe('Size of an embedding.'),
    margin_type: z.enum(MARGINS).default('additive_angle').describe('ArcFace or CosFace.'),
    margin: z
      .number()
      .min(0)
      .max(1.5)
      .default(0.2)
      .describe('Radians (`additive_angle`) or cosine (`additive_cosine`) that the right speaker is put further away.'),
    scale: z.number().gt(0).max(1000).default(30).describe('What cosines are multiplied by before softmax.'),
    trials: z
      .int()
      .min(2)
      .max(100_000_000)
      .default(200_000)
      .describe('Pairs of recordings that an evaluation compares at most; of more, so many are drawn.'),
    target_prior: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.01)
      .describe('How probable it is that two recordings are of one speaker, for the detection cost.'),
  })
  .refine(hasFrozenFrom, FROZEN_FROM)

export type SpeakerModelConfig = Readonly<z.infer<typeof SpeakerModelConfig>>

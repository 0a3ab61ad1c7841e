import {z} from 'zod'
import {POOLINGS} from '../layers/pooling.js'
import {EncoderConfig} from './encoder-config.js'

/** What the models of this folder share: an encoder, and how its states become one vector. */
export const pooledEncoderSettings = {
  encoder: EncoderConfig.prefault({}),
  from: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of a model of lingulu’s own, of any task: the training begins with its encoder.'),
  freeze: z.enum(['nothing', 'encoder']).default('nothing').describe('What is not trained; for an encoder of `from`.'),
  pooling: z
    .enum(POOLINGS)
    .default('attentive_statistics')
    .describe('How the states of a recording become one vector.'),
}

/** Only what was trained before can be left as it is. */
export const FROZEN_FROM = {error: 'An encoder that is frozen comes from a folder: name it.', path: ['from']}
export const hasFrozenFrom = ({freeze, from}: {readonly freeze: string; readonly from?: string | undefined}) =>
  freeze === 'nothing' || from !== undefined

export const ClassificationModelConfig = z
  .strictObject({
    ...pooledEncoderSettings,
    class_weights: z
      .enum(['none', 'balanced'])
      .default('none')
      .describe('`balanced`: rare classes count as much as frequent ones, all of them together.'),
  })
  .refine(hasFrozenFrom, FROZEN_FROM)

export type ClassificationModelConfig = Readonly<z.infer<typeof ClassificationModelConfig>>

import {z} from 'zod'

const rate = (of: string) =>
  z
    .number()
    .min(0)
    .max(0.9)
    .optional()
    .describe(`Share of ${of} that training sets to 0. Default: that of the checkpoint.`)
const share = (of: string) =>
  z
    .number()
    .min(0)
    .max(0.9)
    .optional()
    .describe(`Share of the ${of} that masked spans cover, where they do not meet. Default: that of the checkpoint.`)
const span = (of: string) =>
  z.int().min(1).max(1000).optional().describe(`${of} in a masked span. Default: that of the checkpoint.`)

/** `model` of a training whose task is ctc and that begins with a wav2vec 2.0 or HuBERT checkpoint. */
export const Wav2Vec2ModelConfig = z.strictObject({
  from: z.string().min(1).describe('A folder with config.json and model.safetensors of Wav2Vec2 or HuBERT.'),
  vocabulary: z
    .enum(['reuse', 'characters', 'phones'])
    .default('reuse')
    .describe(
      'reuse: the tokens and the head of the checkpoint. characters, phones: those of the training data, with a new head.',
    ),
  freeze: z.enum(['none', 'base']).default('none').describe('base: only the head is trained.'),
  freeze_feature_encoder: z
    .literal(true, {
      error: 'The convolutional feature encoder stays as it is: freeze_feature_encoder can only be true.',
    })
    .default(true)
    .describe('The convolutions over samples are not trained.'),
  attention_dropout: rate('attention weights'),
  hidden_dropout: rate('what each half layer adds'),
  activation_dropout: rate('neurons of the feed-forward layers'),
  feat_proj_dropout: rate('projected features'),
  final_dropout: rate('states before the head'),
  mask_time_prob: share('frames'),
  mask_time_length: span('Frames'),
  mask_feature_prob: share('channels'),
  mask_feature_length: span('Channels'),
  ctc_loss_reduction: z
    .enum(['mean', 'sum'])
    .default('mean')
    .describe('mean: each recording’s loss is divided by the number of its tokens; sum: it is not.'),
})

export type Wav2Vec2ModelConfig = Readonly<z.infer<typeof Wav2Vec2ModelConfig>>

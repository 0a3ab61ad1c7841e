import {z} from 'zod'
import {LANGUAGE_CODES} from '../../../text/languages.js'

const size = z.int().min(1)

export const MODEL_SIZES = ['tiny', 'base', 'small', 'medium', 'large'] as const
const TARGETS = ['q_proj', 'k_proj', 'v_proj', 'out_proj', 'fc1', 'fc2'] as const

const LowRankConfig = z.strictObject({
  r: z.int().min(1).default(8).describe('Rank of the changes.'),
  lora_alpha: z.number().gt(0).default(16).describe('Changes are multiplied by lora_alpha ∕ r.'),
  lora_dropout: z.number().min(0).max(0.9).default(0).describe('Share of the inputs of the changes set to 0.'),
  target_modules: z.array(z.enum(TARGETS)).min(1).default(['q_proj', 'v_proj']).describe('Linear layers that change.'),
})

/** Sizes of a model that is not there yet. */
const customSizes = {
  model_size: z.enum(MODEL_SIZES).optional().describe('A new model of this size with random weights.'),
  use_multilingual: z.boolean().optional().describe('Whether a new model knows languages. Default: as its tokenizer.'),
  num_encoder_layers: size.optional(),
  num_decoder_layers: size.optional(),
  encoder_attention_heads: size.optional(),
  decoder_attention_heads: size.optional(),
  d_model: z.int().min(4).multipleOf(2).optional().describe('Width of the states.'),
  encoder_ffn_dim: size.optional().describe('Neurons of the encoder’s feed-forward layers. Default: 4 d_model.'),
  decoder_ffn_dim: size.optional().describe('Neurons of the decoder’s feed-forward layers. Default: 4 d_model.'),
  num_mel_bins: z
    .union([z.literal(80), z.literal(128)])
    .optional()
    .describe('Mel bands. Default: 80.'),
} as const
const CUSTOM = ['model_size', 'd_model'] as const

/** The model of a training whose task is `whisper`. */
export const WhisperModelConfig = z
  .strictObject({
    checkpoint: z
      .string()
      .min(1)
      .optional()
      .describe('A folder with config.json and model.safetensors, a name such as whisper-tiny, or a hub id.'),
    ...customSizes,
    tokenizer: z
      .string()
      .min(1)
      .optional()
      .describe('The folder with the tokenizer.json of a new model, a Whisper’s. A checkpoint has its own.'),
    language: z.enum(LANGUAGE_CODES).default('en').describe('Of all recordings.'),
    max_length: z.int().min(8).optional().describe('Texts of more tokens are left out. Default: as the model holds.'),
    do_lower_case: z.boolean().default(false).describe('Learn texts in lower case.'),
    leading_space: z
      .boolean()
      .optional()
      .describe(
        'Begin texts with a space, as Whisper was trained; Hugging Face’s recipe does not. Default: where the language has spaces.',
      ),
    audio_context: z
      .enum(['full', 'auto'])
      .default('full')
      .describe('Hear 30 s always, as in use, or what the longest recording of a batch takes: several times faster.'),
    dropout: z.number().min(0).max(0.9).optional().describe('Share of values set to 0. Default: as the checkpoint.'),
    freeze: z.enum(['none', 'encoder']).default('none').describe('Weights that stay as they are.'),
    encoder_cache: z
      .enum(['half', 'single', 'off'])
      .default('half')
      .describe('Keep what a frozen encoder makes of each recording, on the disk, in this precision.'),
    lora: LowRankConfig.optional().describe('Train low-rank changes only; they are merged when the model is saved.'),
    predict_with_generate: z
      .boolean()
      .default(true)
      .describe('Decode at each evaluation, for WER, CER and token accuracy; without it, the loss is measured alone.'),
    generation_max_length: z.int().min(8).default(225).describe('Tokens after which that decoding gives up.'),
  })
  .superRefine((config, context) => {
    const custom = Object.keys(customSizes).filter(key => config[key as keyof typeof customSizes] !== undefined)
    const problem = (message: string, path: string) => context.addIssue({code: 'custom', message, path: [path]})
    if (config.checkpoint !== undefined) {
      for (const key of custom) problem('A checkpoint has its own sizes: give one or the other.', key)
      if (config.tokenizer !== undefined) problem('A checkpoint has its own tokenizer.', 'tokenizer')
      return
    }
    if (CUSTOM.every(key => config[key] === undefined))
      problem('Give the checkpoint to start from, or the model_size of a new model.', 'checkpoint')
    if (config.tokenizer === undefined) problem('A new model needs the folder of a tokenizer.', 'tokenizer')
    if (config.freeze !== 'none') problem('Random weights are not worth freezing.', 'freeze')
    if (config.lora !== undefined) problem('Random weights are not worth keeping: LoRA needs a checkpoint.', 'lora')
  })

export type WhisperModelConfig = Readonly<z.infer<typeof WhisperModelConfig>>
export type WhisperModelInput = Readonly<z.input<typeof WhisperModelConfig>>

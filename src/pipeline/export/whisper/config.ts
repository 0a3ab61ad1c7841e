import {z} from 'zod'
import {ACTIVATIONS} from '../layers.js'

const Count = z.int().positive()

/** `config.json` of a Whisper model, as far as the graphs depend on it; what may be absent has transformers' defaults. */
export const WhisperConfig = z
  .object({
    d_model: Count,
    encoder_layers: Count,
    encoder_attention_heads: Count,
    encoder_ffn_dim: Count,
    decoder_layers: Count,
    decoder_attention_heads: Count,
    decoder_ffn_dim: Count,
    vocab_size: Count,
    num_mel_bins: Count.default(80),
    max_source_positions: Count.default(1500),
    max_target_positions: Count.default(448),
    activation_function: z.enum(ACTIVATIONS).default('gelu'),
    tie_word_embeddings: z.boolean().default(true),
  })
  .refine(({d_model, encoder_attention_heads: heads}) => d_model % heads === 0, {
    error: 'd_model is no multiple of encoder_attention_heads',
  })
  .refine(({d_model, decoder_attention_heads: heads}) => d_model % heads === 0, {
    error: 'd_model is no multiple of decoder_attention_heads',
  })

export type WhisperConfig = Readonly<z.infer<typeof WhisperConfig>>

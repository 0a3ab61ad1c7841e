import {LinguluError} from '../../../errors.js'
import {WhisperConfig} from '../../../export/whisper/config.js'
import type {WhisperTokenizer} from '../../../text/whisper-tokenizer.js'
import type {MODEL_SIZES, WhisperModelConfig} from './whisper-config.js'

interface Size {
  readonly width: number
  readonly layers: number
  readonly heads: number
}

/** Radford et al., arXiv:2212.04356, table 1. */
const SIZES: Readonly<Record<(typeof MODEL_SIZES)[number], Size>> = {
  tiny: {width: 384, layers: 4, heads: 6},
  base: {width: 512, layers: 6, heads: 8},
  small: {width: 768, layers: 12, heads: 12},
  medium: {width: 1024, layers: 24, heads: 16},
  large: {width: 1280, layers: 32, heads: 20},
}
const HEAD_SIZE = 64

/**
 * `config.json` of a model that is not there yet.
 *
 * @throws LinguluError CONFIG_INVALID where the sizes do not go together
 */
export function newWhisperConfig(model: WhisperModelConfig, tokenizer: WhisperTokenizer): Record<string, unknown> {
  const size: Partial<Size> = model.model_size === undefined ? {} : SIZES[model.model_size]
  const width = model.d_model ?? size.width ?? SIZES.tiny.width
  const layers = size.layers ?? SIZES.tiny.layers
  const heads =
    model.d_model === undefined ? (size.heads ?? SIZES.tiny.heads) : Math.max(1, Math.floor(width / HEAD_SIZE))
  const config = {
    architectures: ['WhisperForConditionalGeneration'],
    model_type: 'whisper',
    is_encoder_decoder: true,
    vocab_size: tokenizer.size,
    num_mel_bins: model.num_mel_bins ?? 80,
    d_model: width,
    encoder_layers: model.num_encoder_layers ?? layers,
    decoder_layers: model.num_decoder_layers ?? layers,
    num_hidden_layers: model.num_encoder_layers ?? layers,
    encoder_attention_heads: model.encoder_attention_heads ?? heads,
    decoder_attention_heads: model.decoder_attention_heads ?? heads,
    encoder_ffn_dim: model.encoder_ffn_dim ?? 4 * width,
    decoder_ffn_dim: model.decoder_ffn_dim ?? 4 * width,
    max_source_positions: 1500,
    max_target_positions: 448,
    activation_function: 'gelu',
    tie_word_embeddings: true,
    dropout: model.dropout ?? 0,
    ...tokenIds(tokenizer),
  }
  const parsed = WhisperConfig.safeParse(config)
  if (parsed.success) return config
  const [issue] = parsed.error.issues
  throw new LinguluError('CONFIG_INVALID', `model: ${issue?.message ?? parsed.error.message}.`, {
    hint: 'The width of the states (d_model) must be a multiple of the attention heads on both sides.',
  })
}

/** `generation_config.json` of a model that is not there yet, with what transformers' `generate` needs. */
export function newGenerationConfig(tokenizer: WhisperTokenizer): Record<string, unknown> {
  const {multilingual, languageTokens, transcribe, translate, noTimestamps} = tokenizer
  const languages = {
    lang_to_id: Object.fromEntries(Array.from(languageTokens, ([code, id]) => [`<|${code}|>`, id])),
    task_to_id: {transcribe, translate},
  }
  return {
    ...tokenIds(tokenizer),
    is_multilingual: multilingual,
    ...(multilingual ? languages : {}),
    no_timestamps_token_id: noTimestamps,
    max_initial_timestamp_index: 50,
    max_length: 448,
    return_timestamps: false,
    suppress_tokens: [...tokenizer.nonSpeechTokens],
    begin_suppress_tokens: [...tokenizer.encode(' '), tokenizer.eot],
  }
}

/** `preprocessor_config.json`. */
export const newPreprocessorConfig = (mels: number): Record<string, unknown> => ({
  chunk_length: 30,
  feature_extractor_type: 'WhisperFeatureExtractor',
  feature_size: mels,
  hop_length: 160,
  n_fft: 400,
  n_samples: 480_000,
  nb_max_frames: 3000,
  padding_side: 'right',
  padding_value: 0,
  processor_class: 'WhisperProcessor',
  return_attention_mask: false,
  sampling_rate: 16_000,
})

const tokenIds = ({eot, sot}: WhisperTokenizer) => ({
  bos_token_id: eot,
  eos_token_id: eot,
  pad_token_id: eot,
  decoder_start_token_id: sot,
})

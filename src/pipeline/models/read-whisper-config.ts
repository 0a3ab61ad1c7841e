import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {type ModelFiles, readModelJson, requireModelFile, requireModelJson} from './model-files.js'
import type {WhisperFolder} from './model-folder.js'
import {readPreprocessor} from './preprocessor.js'

/** `config.json` of a Whisper model; what may be absent has transformers' defaults. */
const WhisperConfig = z.object({
  d_model: z.int().positive(),
  decoder_layers: z.int().positive(),
  decoder_attention_heads: z.int().positive(),
  vocab_size: z.int().positive(),
  num_mel_bins: z.int().positive().default(80),
  max_source_positions: z.int().positive().default(1500),
  max_target_positions: z.int().positive().default(448),
  median_filter_width: z.int().positive().default(7),
})

const GenerationConfig = z.object({
  is_multilingual: z.boolean().nullish(),
  alignment_heads: z.array(z.tuple([z.int().min(0), z.int().min(0)])).nullish(),
})

/** The vocabulary of the multilingual models; the English-only ones have one token less (openai/whisper, `model.py`). */
const MULTILINGUAL_VOCABULARY_SIZE = 51_865

/** What a Whisper folder's JSON files say. */
export async function readWhisperConfig(files: ModelFiles): Promise<Pick<WhisperFolder, 'tokenizer' | 'config'>> {
  const config = await requireModelJson(files, 'config.json', WhisperConfig)
  const generation = await readModelJson(files, 'generation_config.json', GenerationConfig)
  const preprocessor = await readPreprocessor(files)
  const melsHeard = preprocessor?.feature_size
  const where = `${files.path}/config.json`
  if (melsHeard !== undefined && melsHeard !== config.num_mel_bins)
    throw new LinguluError(
      'MODEL_INVALID',
      `${where} says ${config.num_mel_bins} mels, preprocessor_config.json says ${melsHeard}.`,
      {hint: 'The two come from different models: copy both from one repository.'},
    )
  if (config.d_model % config.decoder_attention_heads !== 0)
    throw new LinguluError('MODEL_INVALID', `${where}: d_model is no multiple of decoder_attention_heads.`)
  const alignmentHeads = generation?.alignment_heads ?? undefined
  const outside = alignmentHeads?.find(
    ([layer, head]) => layer >= config.decoder_layers || head >= config.decoder_attention_heads,
  )
  if (outside !== undefined)
    throw new LinguluError(
      'MODEL_INVALID',
      `${files.path}/generation_config.json: alignment head [${outside.join(', ')}] is not in the decoder (${config.decoder_layers} layers of ${config.decoder_attention_heads} heads).`,
    )
  return {
    tokenizer: requireModelFile(files, 'tokenizer.json'),
    config: {
      mels: config.num_mel_bins,
      vocabularySize: config.vocab_size,
      decoderLayers: config.decoder_layers,
      decoderHeads: config.decoder_attention_heads,
      headSize: config.d_model / config.decoder_attention_heads,
      width: config.d_model,
      textContext: config.max_target_positions,
      audioContext: config.max_source_positions,
      medianFilterWidth: config.median_filter_width,
      alignmentHeads,
      multilingual: generation?.is_multilingual ?? config.vocab_size >= MULTILINGUAL_VOCABULARY_SIZE,
    },
  }
}

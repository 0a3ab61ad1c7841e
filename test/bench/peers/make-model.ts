import {copyFile, mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {writeSafetensors} from '../../../src/pipeline/export/safetensors-write.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'

/** OpenAI's dimensions. */
export const SIZES = {
  tiny: {width: 384, layers: 4, heads: 6},
  base: {width: 512, layers: 6, heads: 8},
  small: {width: 768, layers: 12, heads: 12},
} as const
export type Size = keyof typeof SIZES

const MELS = 80
const AUDIO_POSITIONS = 1500
const TEXT_POSITIONS = 448
const VOCABULARY = 51_865
const END_OF_TEXT = 50_257
/** Start of transcript, language, task, no timestamps. */
const PROMPT_TOKENS = 4
/** Far above the other dimensions, so that end of text wins or loses by a wide margin, in 8 bits too. */
const FIRST = 100

export interface RandomModelOptions {
  readonly size: Size
  /** A folder with the tokenizer of a multilingual Whisper in Hugging Face's layout. */
  readonly tokenizer: string
  /** How many tokens each window gives, whichever program decodes it. */
  readonly tokens: number
  readonly seed: number
  readonly out: string
}

/**
 * Writes a Whisper checkpoint of random weights that every program decodes to exactly `tokens` tokens a window (greedy,
 * without timestamps): the first dimension of the decoder's states is left to the position alone. It is negative up to
 * the last prompt token plus `tokens`, then positive, and nothing but end of text has a weight in it. So no program needs
 * an option for the number of tokens, which few of them have.
 */
export async function makeRandomModel({size, tokenizer, tokens, seed, out}: RandomModelOptions): Promise<void> {
  const {width, layers, heads} = SIZES[size]
  const hidden = 4 * width
  const random = gaussian(seededRandom('peers', size, seed))
  const tensors = new Map<string, {shape: number[]; values: Float32Array}>()
  const add = (name: string, shape: number[], make: (index: number) => number) => {
    const count = shape.reduce((product, one) => product * one, 1)
    tensors.set(`model.${name}`, {shape, values: Float32Array.from({length: count}, (_, i) => make(i))})
  }
  /** Rows are outputs; a decoder's layer writes nothing into the first dimension of its states. */
  const linear = (name: string, outputs: number, inputs: number, {bias = true, keepFirst = false} = {}) => {
    const scale = 0.7 / Math.sqrt(inputs)
    add(`${name}.weight`, [outputs, inputs], i => (keepFirst && i < inputs ? 0 : scale * random()))
    if (bias) add(`${name}.bias`, [outputs], i => (keepFirst && i === 0 ? 0 : 0.02 * random()))
  }
  const norm = (name: string) => {
    add(`${name}.weight`, [width], () => 1)
    add(`${name}.bias`, [width], () => 0)
  }
  const attention = (name: string, keepFirst: boolean) => {
    linear(`${name}.k_proj`, width, width, {bias: false})
    linear(`${name}.v_proj`, width, width)
    linear(`${name}.q_proj`, width, width)
    linear(`${name}.out_proj`, width, width, {keepFirst})
  }
  const feedForward = (name: string, keepFirst: boolean) => {
    linear(`${name}.fc1`, hidden, width)
    linear(`${name}.fc2`, width, hidden, {keepFirst})
    norm(`${name}.final_layer_norm`)
  }
  for (const [name, inputs] of [
    ['conv1', MELS],
    ['conv2', width],
  ] as const) {
    const scale = 1 / Math.sqrt(3 * inputs)
    add(`encoder.${name}.weight`, [width, inputs, 3], () => scale * random())
    add(`encoder.${name}.bias`, [width], () => 0.02 * random())
  }
  add('encoder.embed_positions.weight', [AUDIO_POSITIONS, width], i =>
    sinusoid(Math.floor(i / width), i % width, width),
  )
  for (let layer = 0; layer < layers; layer++) {
    attention(`encoder.layers.${layer}.self_attn`, false)
    norm(`encoder.layers.${layer}.self_attn_layer_norm`)
    feedForward(`encoder.layers.${layer}`, false)
    attention(`decoder.layers.${layer}.self_attn`, true)
    norm(`decoder.layers.${layer}.self_attn_layer_norm`)
    attention(`decoder.layers.${layer}.encoder_attn`, true)
    norm(`decoder.layers.${layer}.encoder_attn_layer_norm`)
    feedForward(`decoder.layers.${layer}`, true)
  }
  norm('encoder.layer_norm')
  norm('decoder.layer_norm')
  add('decoder.embed_tokens.weight', [VOCABULARY, width], i => tokenWeight(Math.floor(i / width), i % width, random))
  const last = PROMPT_TOKENS - 1 + tokens
  add('decoder.embed_positions.weight', [TEXT_POSITIONS, width], i =>
    i % width === 0 ? (Math.floor(i / width) < last ? -FIRST : FIRST) : 0.5 * random(),
  )
  await mkdir(out, {recursive: true})
  await writeSafetensors(
    join(out, 'model.safetensors'),
    [...tensors].map(([name, {shape, values}]) => ({
      ...{name, shape, type: 'F32' as const},
      source: memorySource(new Uint8Array(values.buffer)),
    })),
  )
  await writeConfiguration(tokenizer, out, {width, layers, heads, hidden})
}

/** Special tokens are never chosen, but for end of text, which has the first dimension for itself. */
function tokenWeight(token: number, dimension: number, random: () => number): number {
  const value = 0.05 * random()
  if (token === END_OF_TEXT) return dimension === 0 ? 0.5 : 0
  return dimension === 0 || token > END_OF_TEXT ? 0 : value
}

function sinusoid(position: number, dimension: number, width: number): number {
  const half = width / 2
  const angle = position * Math.exp((-Math.log(10_000) / (half - 1)) * (dimension % half))
  return dimension < half ? Math.sin(angle) : Math.cos(angle)
}

/** Box and Muller. */
function gaussian(uniform: () => number): () => number {
  let kept: number | undefined
  return () => {
    if (kept !== undefined) {
      const value = kept
      kept = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    kept = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

interface Dimensions {
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly hidden: number
}

const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'preprocessor_config.json',
  'special_tokens_map.json',
]

async function writeConfiguration(from: string, out: string, {width, layers, heads, hidden}: Dimensions) {
  for (const name of TOKENIZER_FILES) await copyFile(join(from, name), join(out, name))
  const generation: Record<string, unknown> = JSON.parse(await readFile(join(from, 'generation_config.json'), 'utf8'))
  for (const name of ['suppress_tokens', 'begin_suppress_tokens', 'alignment_heads', 'forced_decoder_ids'])
    delete generation[name]
  await writeFile(join(out, 'generation_config.json'), JSON.stringify(generation, undefined, 2))
  const config = {
    architectures: ['WhisperForConditionalGeneration'],
    model_type: 'whisper',
    activation_function: 'gelu',
    d_model: width,
    encoder_layers: layers,
    decoder_layers: layers,
    encoder_attention_heads: heads,
    decoder_attention_heads: heads,
    encoder_ffn_dim: hidden,
    decoder_ffn_dim: hidden,
    num_mel_bins: MELS,
    max_source_positions: AUDIO_POSITIONS,
    max_target_positions: TEXT_POSITIONS,
    vocab_size: VOCABULARY,
    tie_word_embeddings: true,
    is_encoder_decoder: true,
    use_cache: true,
    bos_token_id: END_OF_TEXT,
    eos_token_id: END_OF_TEXT,
    pad_token_id: END_OF_TEXT,
    decoder_start_token_id: END_OF_TEXT + 1,
  }
  await writeFile(join(out, 'config.json'), JSON.stringify(config, undefined, 2))
}

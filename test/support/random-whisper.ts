import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type NewTensor, writeSafetensors} from '../../src/pipeline/export/safetensors-write.js'
import type {WeightSource} from '../../src/pipeline/onnx/model.js'
import {noise} from './onnx-models.js'

/** Sizes of a Whisper, as in its config.json. */
export interface WhisperSizes {
  readonly d_model: number
  readonly encoder_layers: number
  readonly decoder_layers: number
  readonly heads: number
  readonly ffn: number
  readonly vocab_size: number
  readonly num_mel_bins: number
}

export const BASE: WhisperSizes = {
  ...{d_model: 512, encoder_layers: 6, decoder_layers: 6, heads: 8, ffn: 2048},
  ...{vocab_size: 51_865, num_mel_bins: 80},
}
export const LARGE_V3_TURBO: WhisperSizes = {
  ...{d_model: 1280, encoder_layers: 32, decoder_layers: 4, heads: 20, ffn: 5120},
  ...{vocab_size: 51_866, num_mel_bins: 128},
}

const PATTERN_FLOATS = 1 << 20

/** Small numbers, the same pattern again and again: nothing of it is held in memory but the pattern. */
function repeated(byteLength: number, pattern: Uint8Array): WeightSource {
  return {
    byteLength,
    async read(start, end) {
      const bytes = new Uint8Array(end - start)
      for (let at = start; at < end; ) {
        const from = at % pattern.byteLength
        const part = pattern.subarray(from, Math.min(pattern.byteLength, from + end - at))
        bytes.set(part, at - start)
        at += part.byteLength
      }
      return bytes
    },
  }
}

function* shapesOf(sizes: WhisperSizes): Generator<readonly [name: string, shape: readonly number[]]> {
  const {d_model: width, ffn} = sizes
  const norm = (name: string) => ['weight', 'bias'].map(part => [`${name}.${part}`, [width]] as const)
  const linear = (name: string, outputs: number, inputs: number) => [
    [`${name}.weight`, [outputs, inputs]] as const,
    [`${name}.bias`, [outputs]] as const,
  ]
  const attention = (name: string) =>
    ['q', 'k', 'v', 'out']
      .flatMap(part => linear(`${name}.${part}_proj`, width, width))
      .filter(([tensor]) => !tensor.endsWith('k_proj.bias'))
  const layer = (name: string, attentions: readonly string[]) => [
    ...attentions.flatMap(part => [...attention(`${name}.${part}`), ...norm(`${name}.${part}_layer_norm`)]),
    ...linear(`${name}.fc1`, ffn, width),
    ...linear(`${name}.fc2`, width, ffn),
    ...norm(`${name}.final_layer_norm`),
  ]
  yield ['model.encoder.conv1.weight', [width, sizes.num_mel_bins, 3]]
  yield ['model.encoder.conv1.bias', [width]]
  yield ['model.encoder.conv2.weight', [width, width, 3]]
  yield ['model.encoder.conv2.bias', [width]]
  yield ['model.encoder.embed_positions.weight', [1500, width]]
  for (let index = 0; index < sizes.encoder_layers; index++)
    yield* layer(`model.encoder.layers.${index}`, ['self_attn'])
  yield* norm('model.encoder.layer_norm')
  yield ['model.decoder.embed_tokens.weight', [sizes.vocab_size, width]]
  yield ['model.decoder.embed_positions.weight', [448, width]]
  for (let index = 0; index < sizes.decoder_layers; index++)
    yield* layer(`model.decoder.layers.${index}`, ['self_attn', 'encoder_attn'])
  yield* norm('model.decoder.layer_norm')
}

/** Writes a Whisper checkpoint of any size, streaming; gives the bytes of its weights. */
export async function writeRandomWhisper(folder: string, sizes: WhisperSizes): Promise<number> {
  const {heads, ffn, ...rest} = sizes
  const config = {
    ...{architectures: ['WhisperForConditionalGeneration'], model_type: 'whisper', ...rest},
    ...{encoder_attention_heads: heads, decoder_attention_heads: heads, encoder_ffn_dim: ffn, decoder_ffn_dim: ffn},
    ...{max_source_positions: 1500, max_target_positions: 448, eos_token_id: sizes.vocab_size - 1},
  }
  await mkdir(folder, {recursive: true})
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  const values = noise(PATTERN_FLOATS).map(value => value / 32)
  const pattern = new Uint8Array(values.buffer)
  const tensors = [...shapesOf(sizes)].map(([name, shape]): NewTensor => {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1)
    return {name, type: 'F32', shape, source: repeated(bytes, pattern)}
  })
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  return tensors.reduce((sum, {source}) => sum + source.byteLength, 0)
}

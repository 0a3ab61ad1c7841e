import {open, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {openCheckpoint} from '../../../src/pipeline/export/checkpoint.js'
import {floatSource, readFloats} from '../../../src/pipeline/export/float-source.js'
import {WhisperConfig} from '../../../src/pipeline/export/whisper/config.js'
import {slaneyMelFilters} from '../../../src/pipeline/features/mel-filters.js'
import {float32ToFloat16} from '../../../src/pipeline/runtime/float16.js'
import {tokenBytes} from './token-bytes.js'

/** Hugging Face's names of a layer's parts, by OpenAI's. */
const PARTS: readonly (readonly [from: string, to: string])[] = [
  ['self_attn.k_proj', 'attn.key'],
  ['self_attn.q_proj', 'attn.query'],
  ['self_attn.v_proj', 'attn.value'],
  ['self_attn.out_proj', 'attn.out'],
  ['self_attn_layer_norm', 'attn_ln'],
  ['encoder_attn.k_proj', 'cross_attn.key'],
  ['encoder_attn.q_proj', 'cross_attn.query'],
  ['encoder_attn.v_proj', 'cross_attn.value'],
  ['encoder_attn.out_proj', 'cross_attn.out'],
  ['encoder_attn_layer_norm', 'cross_attn_ln'],
  ['fc1', 'mlp.0'],
  ['fc2', 'mlp.2'],
  ['final_layer_norm', 'mlp_ln'],
]
const OUTER: Readonly<Record<string, string>> = {
  'encoder.layer_norm.weight': 'encoder.ln_post.weight',
  'encoder.layer_norm.bias': 'encoder.ln_post.bias',
  'encoder.embed_positions.weight': 'encoder.positional_embedding',
  'decoder.layer_norm.weight': 'decoder.ln.weight',
  'decoder.layer_norm.bias': 'decoder.ln.bias',
  'decoder.embed_positions.weight': 'decoder.positional_embedding',
  'decoder.embed_tokens.weight': 'decoder.token_embedding.weight',
}
/** Kept in float32, as all vectors are. */
const ALWAYS_FLOAT = /^(?:encoder\.conv[12]\.bias|(?:encoder|decoder)\.positional_embedding)$/

/**
 * Writes whisper.cpp's file of a Whisper checkpoint, as its `models/convert-h5-to-ggml.py` does: header, mel filters,
 * vocabulary, tensors by their names at OpenAI, sizes in reverse order. In half precision: with files of float32
 * whisper.cpp 1.9.1 aborts in its convolution.
 */
export async function writeGgml(checkpointFolder: string, out: string): Promise<void> {
  const {tensors} = await openCheckpoint(checkpointFolder)
  const config = WhisperConfig.parse(JSON.parse(await readFile(join(checkpointFolder, 'config.json'), 'utf8')))
  const file = await open(out, 'wx')
  try {
    await file.write(header(config))
    await file.write(melFilters(config.num_mel_bins))
    for (const bytes of vocabularyParts(await tokenBytes(checkpointFolder))) await file.write(bytes)
    for (const [name, tensor] of tensors) {
      if (name === 'proj_out.weight') continue
      const values = await readFloats(floatSource(tensor))
      const ggmlName = nameAtOpenai(name)
      const shape = /^encoder\.conv[12]\.bias$/.test(ggmlName) ? [...tensor.shape, 1] : tensor.shape
      const isHalf = shape.length >= 2 && !ALWAYS_FLOAT.test(ggmlName)
      const text = Buffer.from(ggmlName)
      await file.write(integers([shape.length, text.length, isHalf ? 1 : 0, ...[...shape].reverse()]))
      await file.write(text)
      const data = isHalf ? float32ToFloat16(values) : values
      await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
  } finally {
    await file.close()
  }
}

function header(config: WhisperConfig): Uint8Array {
  const magic = 0x67676d6c
  return integers([
    ...[magic, config.vocab_size, config.max_source_positions, config.d_model, config.encoder_attention_heads],
    ...[config.encoder_layers, config.max_target_positions, config.d_model, config.decoder_attention_heads],
    ...[config.decoder_layers, config.num_mel_bins, 1],
  ])
}

function melFilters(mels: number): Uint8Array {
  const {bins, firstBins, offsets, weights} = slaneyMelFilters({mels, fftSize: 400, sampleRateHz: 16_000})
  const dense = new Float32Array(mels * bins)
  for (let mel = 0; mel < mels; mel++) {
    const triangle = weights.subarray(offsets[mel], offsets[mel + 1])
    dense.set(triangle, mel * bins + (firstBins[mel] ?? 0))
  }
  return Buffer.concat([integers([mels, bins]), new Uint8Array(dense.buffer)])
}

function* vocabularyParts(tokens: readonly Uint8Array[]): Generator<Uint8Array> {
  yield integers([tokens.length])
  yield Buffer.concat(tokens.flatMap(bytes => [integers([bytes.length]), bytes]))
}

function nameAtOpenai(name: string): string {
  const inner = name.replace(/^model\./, '')
  const [, side, layer, part = '', kind] = /^(encoder|decoder)\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(inner) ?? []
  if (side === undefined) return OUTER[inner] ?? inner
  const mapped = PARTS.find(([from]) => from === part)?.[1]
  if (mapped === undefined) throw new Error(`${name} is no tensor of Whisper`)
  return `${side}.blocks.${layer}.${mapped}.${kind}`
}

const integers = (values: readonly number[]) => new Uint8Array(Int32Array.from(values).buffer)

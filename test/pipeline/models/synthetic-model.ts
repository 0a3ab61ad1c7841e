import {mkdir, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'

/** Files of a made-up model folder: JSON values and bytes by relative path. */
export type SyntheticFiles = Readonly<Record<string, unknown>>

/** A protobuf message that is an ONNX model as far as the folder reader looks: optionally with external weights. */
export function onnxBytes({
  bytes = 0,
  location,
  seed = 'x',
}: {
  bytes?: number
  location?: string
  seed?: string
} = {}): Buffer {
  const version = Buffer.from([0x08, 8]) // ir_version
  const producer = field(2, Buffer.from(seed.repeat(bytes)))
  if (location === undefined) return Buffer.concat([version, producer])
  const entry = (key: string, value: string) =>
    field(13, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]))
  const tensor = Buffer.concat([field(8, Buffer.from('w')), entry('location', location), entry('offset', '0')])
  return Buffer.concat([version, producer, field(7, field(5, tensor))])
}

/** A length-delimited protobuf field. */
export function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value])
}

function varint(value: number): Buffer {
  const bytes = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}

/** Writes a folder; `undefined` leaves a file out. */
export async function writeModel(root: string, files: SyntheticFiles): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) continue
    await mkdir(dirname(join(root, path)), {recursive: true})
    await writeFile(join(root, path), Buffer.isBuffer(content) ? content : JSON.stringify(content))
  }
  return root
}

const WHISPER_CONFIG = {
  model_type: 'whisper',
  architectures: ['WhisperForConditionalGeneration'],
  d_model: 384,
  decoder_layers: 4,
  decoder_attention_heads: 6,
  vocab_size: 51_865,
  num_mel_bins: 80,
  max_source_positions: 1500,
  max_target_positions: 448,
}

/** whisper-tiny in the merged layout, with weights of no size. */
export const WHISPER: SyntheticFiles = {
  'config.json': WHISPER_CONFIG,
  'generation_config.json': {
    alignment_heads: [
      [2, 2],
      [3, 0],
    ],
    is_multilingual: true,
  },
  'preprocessor_config.json': {
    feature_extractor_type: 'WhisperFeatureExtractor',
    feature_size: 80,
    sampling_rate: 16_000,
  },
  'tokenizer.json': {model: {vocab: {}}},
  'onnx/encoder_model.onnx': onnxBytes({bytes: 10, seed: 'e'}),
  'onnx/decoder_model_merged.onnx': onnxBytes({bytes: 10, seed: 'd'}),
}

export function whisperConfig(changes: Record<string, unknown>): Record<string, unknown> {
  return {...WHISPER_CONFIG, ...changes}
}

const LETTERS = {'<pad>': 0, '<s>': 1, '</s>': 2, '<unk>': 3, '|': 4, E: 5, T: 6}

/** A wav2vec 2.0 of seven letters. */
export const WAV2VEC2: SyntheticFiles = {
  'config.json': {
    model_type: 'wav2vec2',
    architectures: ['Wav2Vec2ForCTC'],
    vocab_size: 7,
    pad_token_id: 0,
    conv_stride: [5, 2, 2, 2, 2, 2, 2],
  },
  'preprocessor_config.json': {
    feature_extractor_type: 'Wav2Vec2FeatureExtractor',
    do_normalize: true,
    sampling_rate: 16_000,
  },
  'tokenizer_config.json': {
    pad_token: '<pad>',
    unk_token: {content: '<unk>'},
    word_delimiter_token: '|',
    do_lower_case: false,
  },
  'vocab.json': LETTERS,
  'onnx/model.onnx': onnxBytes({bytes: 10, seed: 'm'}),
}

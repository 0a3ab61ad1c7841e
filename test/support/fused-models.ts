import {cp, mkdtemp, readFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Checkpoint, openCheckpoint} from '../../src/pipeline/export/checkpoint.js'
import type {StoredTensor} from '../../src/pipeline/export/safetensors-types.js'
import {WhisperConfig} from '../../src/pipeline/export/whisper/config.js'
import {buildFusedDecoder} from '../../src/pipeline/export/whisper/fused/decoder.js'
import {buildFusedEncoder} from '../../src/pipeline/export/whisper/fused/encoder.js'
import {memorySource} from '../../src/pipeline/onnx/model.js'
import {readModel} from '../../src/pipeline/onnx/read-model.js'
import {floatsOf} from '../../src/pipeline/onnx/tensor-values.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {atomModel} from './atom-models.js'
import {allInitializers} from './onnx-models.js'

/** A model folder in the fused layout of a Whisper checkpoint; the caller removes it. */
export async function makeFusedModel(checkpoint: string): Promise<string> {
  return writeFused(checkpoint, await openCheckpoint(checkpoint))
}

/** The same of a Whisper model of test/data/models, which is there as ONNX only; the caller removes it. */
export async function makeFusedAtom(name: string): Promise<string> {
  return writeFused(atomModel(name), await atomCheckpoint(name))
}

async function writeFused(from: string, checkpoint: Checkpoint): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lingulu-fused-'))
  await cp(from, folder, {recursive: true, filter: path => path === from || path.endsWith('.json')})
  const read = async (name: string) => JSON.parse(await readFile(join(from, name), 'utf8'))
  const config = WhisperConfig.parse(await read('config.json'))
  const {alignment_heads: heads} = await read('generation_config.json')
  const context = {
    checkpoint,
    used: new Set<string>(),
    build: {opset: 17},
    layout: 'fused' as const,
    crossAttentions: true,
  }
  await writeModel(buildFusedEncoder(config, context), join(folder, 'onnx/encoder_fused.onnx'))
  await writeModel(buildFusedDecoder(config, context, heads), join(folder, 'onnx/decoder_fused.onnx'))
  return folder
}

const POSITIONS = 1500

/** The weights of an atom model's graphs under the names that transformers gives them. */
async function atomCheckpoint(name: string): Promise<Checkpoint> {
  const tensors = new Map<string, StoredTensor>()
  let width = 0
  for (const [part, file] of Object.entries({encoder: 'encoder_model', decoder: 'decoder_model_merged'})) {
    const model = await readModel(join(atomModel(name), `onnx/${file}.onnx`))
    for (const tensor of allInitializers(model)) {
      const target = transformersName(part, tensor.name)
      if (target === undefined) continue
      const values = Float32Array.from(await floatsOf(model, tensor))
      const dims = tensor.dims.map(Number)
      if (target.endsWith('conv1.bias')) width = dims[0] ?? 0
      // MatMul has [inputs, outputs], torch has [outputs, inputs].
      const isTurned = dims.length === 2 && !target.includes('embed')
      add(tensors, target, isTurned ? dims.toReversed() : dims, isTurned ? transpose(values, dims) : values)
    }
  }
  add(tensors, 'model.encoder.embed_positions.weight', [POSITIONS, width], sinusoids(width))
  return {path: name, files: {path: name, names: new Set()} as unknown as Checkpoint['files'], weightFiles: [], tensors}
}

function add(tensors: Map<string, StoredTensor>, name: string, shape: readonly number[], values: Float32Array): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  tensors.set(name, {name, type: 'F32', shape, path: name, source: memorySource(bytes)})
}

const MODULES: Readonly<Record<string, string>> = {
  s: 'self_attn',
  x: 'encoder_attn',
  q: 'q_proj',
  k: 'k_proj',
  v: 'v_proj',
  out: 'out_proj',
  sn: 'self_attn_layer_norm',
  xn: 'encoder_attn_layer_norm',
  finaln: 'final_layer_norm',
  n: 'layer_norm',
  w: 'weight',
  b: 'bias',
  embed: 'embed_tokens.weight',
  positions: 'embed_positions.weight',
}

/** `D0.s.q.w` is `model.decoder.layers.0.self_attn.q_proj.weight`; undefined for constants. */
function transformersName(part: string, name: string): string | undefined {
  if (!/^(?:embed|positions|conv\d\.[wb]|[ED](?:n|\d)\..+)$/.test(name)) return undefined
  const path = name.replace(/^[ED](\d)\./, 'layers.$1.').replace(/^[ED]n\./, 'n.')
  return ['model', part, ...path.split('.').map(one => MODULES[one] ?? one)].join('.')
}

function transpose(values: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array {
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!
  return turned
}

/** openai/whisper `sinusoids`. */
function sinusoids(width: number): Float32Array {
  const half = width / 2
  const table = new Float32Array(POSITIONS * width)
  for (let position = 0; position < POSITIONS; position++)
    for (let i = 0; i < half; i++) {
      const angle = position * Math.exp((-Math.log(10_000) / (half - 1)) * i)
      table[position * width + i] = Math.sin(angle)
      table[position * width + half + i] = Math.cos(angle)
    }
  return table
}

import {expect, it} from 'vitest'
import {convertToFloat16} from '../../../src/pipeline/onnx/float16.js'
import {storeHalves} from '../../../src/pipeline/onnx/half-storage.js'
import type {Model} from '../../../src/pipeline/onnx/model.js'
import {quantizeBlockWeights} from '../../../src/pipeline/onnx/quantize/block-weights.js'
import {quantizeDynamic} from '../../../src/pipeline/onnx/quantize/dynamic.js'
import {modelGraphs} from '../../../src/pipeline/onnx/visit.js'
import {FusedWhisper, rowsOf, valuesOf} from '../../support/fused-whisper.js'
import {seededWhisper} from '../../support/seeded-whisper.js'

const RANDOM = seededWhisper({
  d_model: 64,
  encoder_layers: 1,
  decoder_layers: 2,
  encoder_attention_heads: 2,
  decoder_attention_heads: 4,
  encoder_ffn_dim: 128,
  decoder_ffn_dim: 128,
  vocab_size: 140,
  num_mel_bins: 16,
  max_source_positions: 20,
  max_target_positions: 64,
})

const PROMPTS = [
  [82, 83, 84],
  [90, 3, 7, 5, 82, 83, 84],
]

const all = ['MatMul', 'Gemm', 'Gather']
const blocks = (bits: 4 | 8) => async (model: Model) =>
  (await quantizeBlockWeights(model, {bits, blockSize: 32, opTypes: all})).model
const dynamic = async (model: Model) => (await quantizeDynamic(model)).model
const halves = async (model: Model) => convertToFloat16(model)
const stored = async (model: Model) => storeHalves(model)

const PASSES = [
  {name: 'dynamic int8', change: dynamic, error: 0.1, operators: ['MatMulInteger']},
  {name: 'blocks of 8 bits', change: blocks(8), error: 0.05, operators: ['MatMulNBits', 'GatherBlockQuantized']},
  {name: 'blocks of 4 bits', change: blocks(4), error: 0.6, operators: ['MatMulNBits', 'GatherBlockQuantized']},
  {name: 'halves', change: halves, error: 0.01, operators: ['Cast']},
  {name: 'weights stored as halves', change: stored, error: 0.002, operators: ['Cast']},
]

const countOf = (model: Model, operator: string) =>
  [...modelGraphs(model.proto)].flatMap(({node}) => node).filter(({opType}) => opType === operator).length

it.each(PASSES)('a fused Whisper in $name has near logits, and searches', async ({change, error, operators}) => {
  const changed: Model[] = []
  const plain = await FusedWhisper.open(RANDOM, {windows: 2})
  const whisper = await FusedWhisper.open(RANDOM, {
    windows: 2,
    async change(model) {
      const made = await change(model)
      changed.push(made)
      return made
    },
  })
  const call = {prompts: PROMPTS, wants: {logits: true}}
  const [actual, expected] = [await whisper.decode(call), await plain.decode(call)].map(({logits}) => valuesOf(logits))
  expect(rootMeanSquare(actual ?? [], expected ?? [])).toBeLessThan(error)
  for (const operator of operators) expect(changed.some(model => countOf(model, operator) > 0)).toBe(true)
  const {chosen} = await whisper.decode({prompts: PROMPTS, maxSteps: 8, group: 3, beam: true})
  expect(rowsOf(chosen).map(row => row.length)).toEqual(new Array(8).fill(6))
  const uniforms = Array.from({length: 6}, (_, row) => new Array<number>(8).fill(row % 2 === 0 ? 0 : 1 - 2 ** -24))
  const drawn = await whisper.decode({prompts: PROMPTS, maxSteps: 8, group: 3, temperature: 1, uniforms})
  for (const token of rowsOf(drawn.chosen).flat()) expect(token).toBeLessThan(140)
})

/** Of the differences, as a part of that of the values. */
function rootMeanSquare(actual: readonly number[], expected: readonly number[]): number {
  const power = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0)
  return Math.sqrt(power(expected.map((value, index) => value - (actual[index] ?? Number.NaN))) / power(expected))
}

import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {exportAll, floats, goldenCheckpoint, integers, readExpected, relativeError} from '../../support/export.js'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-export-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

const TOLERANCE = 1e-4

describe('logits are those of PyTorch', () => {
  test.each([
    ['wav2vec2-group', 17],
    ['wav2vec2-layer-stable', 17],
    ['hubert', 17],
    ['wavlm', 17],
    ['wavlm-stable', 21],
    ['wav2vec2-classes', 17],
  ])('%s in opset %i', async (name, opset) => {
    const out = join(home, name)
    await exportAll({checkpoint: goldenCheckpoint(name), out, opset})
    const {inputs, outputs} = await readExpected(name)
    const session = await InferenceSession.create(join(out, 'onnx/model.onnx'))
    const {values, shape} = inputs.input_values!
    const {logits} = await session.run({input_values: floats(values, shape)})
    expect(logits!.dims).toEqual(outputs.logits!.shape)
    expect(relativeError(logits!.data as Float32Array, outputs.logits!.values)).toBeLessThan(TOLERANCE)
    await session.release()
  })

  test.each([
    ['whisper-a', 17],
    ['whisper-bf16', 21],
    ['whisper-f16-untied', 17],
  ])('%s in opset %i, in one pass and token by token', async (name, opset) => {
    const out = join(home, name)
    await exportAll({checkpoint: goldenCheckpoint(name), out, opset})
    const {inputs, outputs} = await readExpected(name)
    const encoder = await InferenceSession.create(join(out, 'onnx/encoder_model.onnx'))
    const decoder = await InferenceSession.create(join(out, 'onnx/decoder_model_merged.onnx'))
    const features = inputs.input_features!
    const {last_hidden_state: states} = await encoder.run({input_features: floats(features.values, features.shape)})
    const expectedStates = outputs.last_hidden_state!
    expect(states!.dims).toEqual(expectedStates.shape)
    expect(relativeError(states!.data as Float32Array, expectedStates.values)).toBeLessThan(TOLERANCE)

    const ids = inputs.input_ids!
    const whole = await decoder.run(firstFeeds(decoder, states!, integers(ids.values, ids.shape)))
    for (const [output, expected] of Object.entries(outputs)) {
      if (output === 'last_hidden_state') continue
      expect(whole[output]!.dims, output).toEqual(expected.shape)
      expect(relativeError(whole[output]!.data as Float32Array, expected.values), output).toBeLessThan(TOLERANCE)
    }

    const stepwise = await stepThrough(decoder, states!, ids)
    expect(relativeError(stepwise, outputs.logits!.values)).toBeLessThan(TOLERANCE)
    await Promise.all([encoder.release(), decoder.release()])
  })
})

function firstFeeds(decoder: InferenceSession, states: Tensor, ids: Tensor): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {
    input_ids: ids,
    encoder_hidden_states: states,
    use_cache_branch: new Tensor('bool', [false], [1]),
  }
  for (const metadata of decoder.inputMetadata) {
    if (!metadata.name.startsWith('past_key_values.') || !metadata.isTensor) continue
    const [, heads, , size] = metadata.shape
    feeds[metadata.name] = floats([], [2, Number(heads), 0, Number(size)])
  }
  return feeds
}

/** The first token in a first pass, the second and third together, the others one by one: [batch, tokens, vocabulary]. */
async function stepThrough(
  decoder: InferenceSession,
  states: Tensor,
  {values, shape: [rows = 0, length = 0]}: {values: number[]; shape: number[]},
): Promise<number[]> {
  const columns = (start: number, end: number) =>
    integers(Array.from({length: rows}, (_, row) => values.slice(row * length + start, row * length + end)).flat(), [
      rows,
      end - start,
    ])
  const logits: Tensor[] = []
  let cache: Record<string, Tensor> = {}
  for (const [start, end] of [[0, 1], [1, 3], ...Array.from({length: length - 3}, (_, i) => [i + 3, i + 4])] as [
    number,
    number,
  ][]) {
    const feeds = {
      ...firstFeeds(decoder, states, columns(start, end)),
      ...cache,
      use_cache_branch: new Tensor('bool', [start > 0], [1]),
    }
    const outputs = await decoder.run(feeds)
    logits.push(outputs.logits!)
    const kept = Object.entries(outputs).filter(
      ([name]) => name.startsWith('present.') && (start === 0 || name.includes('.decoder.')),
    )
    cache = {
      ...cache,
      ...Object.fromEntries(kept.map(([name, value]) => [name.replace('present', 'past_key_values'), value])),
    }
  }
  return Array.from({length: rows}, (_, row) =>
    logits.flatMap(({data, dims: [, tokens = 0, vocabulary = 0]}) => [
      ...(data as Float32Array).subarray(row * tokens * vocabulary, (row + 1) * tokens * vocabulary),
    ]),
  ).flat()
}

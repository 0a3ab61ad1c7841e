import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {InferenceSession} from 'onnxruntime-node'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import type {ExportPrecision, Layout} from '../../../src/pipeline/export/layouts.js'
import type {Values} from '../../../src/pipeline/training/engine/training-engine.js'
import {ClassificationModelConfig} from '../../../src/pipeline/training/tasks/classification-config.js'
import {openClassificationTask} from '../../../src/pipeline/training/tasks/classification-task.js'
import {SpeakerModelConfig} from '../../../src/pipeline/training/tasks/speaker-config.js'
import {openSpeakerTask} from '../../../src/pipeline/training/tasks/speaker-task.js'
import type {TrainingTask} from '../../../src/pipeline/training/tasks/training-task.js'
import {exportAll, floats, integers} from '../../support/export.js'
import {batchOf, beep, openTaskEngine, TINY_ENCODER, trainedWeights, trainingItem} from '../../support/train-task.js'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-export-own-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

const random = seededRandom('export')
const sounds = ['a', 'b', 'a'].map((name, index) => ({
  item: trainingItem({id: `${index}`, label: name, speaker: name}),
  samples: beep(random, [500 + 300 * index]),
}))
const items = sounds.map(({item}) => item)
const EMBEDDING = 12

interface Case {
  readonly output: string
  readonly open: () => Promise<TrainingTask>
  /** What the exported model gives, of what the trainer has. */
  readonly wanted: (output: Values<Float32Array>) => readonly number[]
}

const CASES: Readonly<Record<string, Case>> = {
  'a classifier with attentive statistics': {
    output: 'logits',
    open: () => openClassificationTask(ClassificationModelConfig.parse({encoder: TINY_ENCODER}), {items}),
    wanted: ({values}) => [...values],
  },
  'a classifier with the mean': {
    output: 'logits',
    open: () =>
      openClassificationTask(ClassificationModelConfig.parse({encoder: TINY_ENCODER, pooling: 'mean'}), {items}),
    wanted: ({values}) => [...values],
  },
  'a speaker model': {
    output: 'embeddings',
    open: () => openSpeakerTask(SpeakerModelConfig.parse({encoder: TINY_ENCODER, embedding: EMBEDDING}), {items}),
    wanted: ({values, shape: [, width = 0]}) => [...values].filter((_, index) => index % width >= width - EMBEDDING),
  },
}

const VARIANTS: readonly (readonly [Layout, ExportPrecision, tolerance: number])[] = [
  ['fused', 'fp32', 1e-4],
  ['huggingface', 'fp32', 1e-4],
  ['fused', 'fp16', 2e-2],
]

describe.each(Object.entries(CASES))('%s', (name, {output, open, wanted}) => {
  test.each(VARIANTS)('gives the trainer’s own output as %s in %s', async (layout, precision, tolerance) => {
    const task = await open()
    const engine = await openTaskEngine(task)
    const folder = join(home, `${name} ${layout} ${precision}`)
    await task.save(folder, await trainedWeights(engine))
    const out = join(folder, 'exported')
    const events = await exportAll({checkpoint: folder, out, layout, precision})
    expect(events.filter(({type}) => type === 'note')).toEqual([])
    const file = precision === 'fp16' ? 'model_fp16.onnx' : 'model.onnx'
    const session = await InferenceSession.create(join(out, 'onnx', file))

    const batch = batchOf(task, sounds)
    const expected = wanted(await engine.infer((await task.batch(batch)).inputs))
    const together = await session.run({
      input_features: floats([...batch.features.values], batch.features.shape),
      lengths: integers(batch.lengths, [batch.lengths.length]),
    })
    expectClose(together[output]!.data, expected, tolerance)

    const width = expected.length / sounds.length
    for (const [row, length] of batch.lengths.entries()) {
      // As many frames as there are: no multiple of anything.
      const {values, shape} = batchOf(task, [sounds[row]!]).features
      const own = values.subarray(0, length * shape[2]!)
      const alone = await session.run({
        input_features: floats([...own], [1, length, shape[2]!]),
        lengths: integers([length], [1]),
      })
      expectClose(alone[output]!.data, expected.slice(row * width, row * width + width), tolerance)
    }
    await session.release()
    await engine.close()
  })
})

test('what stands beyond a row’s length is not heard', async () => {
  const task = await CASES['a speaker model']!.open()
  const engine = await openTaskEngine(task)
  const folder = join(home, 'noise')
  await task.save(folder, await trainedWeights(engine))
  await engine.close()
  await exportAll({checkpoint: folder, out: join(folder, 'exported')})
  const session = await InferenceSession.create(join(folder, 'exported', 'onnx', 'model.onnx'))
  const [length, mels] = [30, TINY_ENCODER.mels]
  const values = Array.from({length: 50 * mels}, () => 2 * random() - 1)
  const run = async (frames: number) =>
    (
      await session.run({
        input_features: floats(values.slice(0, frames * mels), [1, frames, mels]),
        lengths: integers([length], [1]),
      })
    ).embeddings!.data
  expectClose(await run(50), [...((await run(30)) as Float32Array)], 1e-5)
  await session.release()
})

function expectClose(actual: ArrayLike<unknown>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  for (const [index, value] of expected.entries())
    expect(Math.abs(Number(actual[index]) - value)).toBeLessThan(tolerance)
}

import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {parseTrainConfig} from '../../../../../src/pipeline/training/config/train-config.js'
import {consistencyLoss} from '../../../../../src/pipeline/training/consistency-loss.js'
import {computeBatch} from '../../../../../src/pipeline/training/data/batch-stream.js'
import {FeatureThreads} from '../../../../../src/pipeline/training/data/feature-threads.js'
import type {PlannedRow} from '../../../../../src/pipeline/training/data/plan-epoch.js'
import {denominatorLoss} from '../../../../../src/pipeline/training/denominator-loss.js'
import {labelGrammar} from '../../../../../src/pipeline/training/label-grammar.js'
import {CtcModelConfig} from '../../../../../src/pipeline/training/tasks/ctc/ctc-config.js'
import {makeVocabularies} from '../../../../../src/pipeline/training/tasks/ctc/ctc-targets.js'
import {createCtcTask} from '../../../../../src/pipeline/training/tasks/ctc/ctc-task.js'
import {openTask} from '../../../../../src/pipeline/training/tasks/open-task.js'
import type {FeatureBatch, TrainingItem} from '../../../../../src/pipeline/training/tasks/training-task.js'
import {suiteFolder} from '../../../../support/lingulu.js'
import {writeToneWords} from '../../../../support/tone-words.js'

const home = suiteFolder()
const item = (text: string, audio = 'u.wav'): TrainingItem => ({
  id: text,
  audio,
  seconds: 0.6,
  text,
  phones: undefined,
  speaker: undefined,
  label: undefined,
})

const WEIGHT = 0.3
const ITEMS = [item('AB'), item('C')]
const taskWith = (consistency?: object, crf?: object) => {
  const config = CtcModelConfig.parse({architecture: 'conformer', encoder: {mels: 16}, consistency, crf})
  const vocabularies = makeVocabularies(config, ITEMS, undefined)
  return createCtcTask(config, {usual: ITEMS, vocabularies, pronunciations: undefined, weights: undefined})
}

test('readings that differ cost their divergence beside CTC’s loss', async () => {
  const sizes = {frames: 6, classes: 5, lengths: [6, 6, 3, 3]}
  const logits = Float32Array.from({length: 4 * 6 * 5}, (_, index) => 2 * Math.sin(index * index))
  const features: FeatureBatch = {
    features: {values: new Float32Array(4 * 24 * 16), shape: [4, 24, 16]},
    lengths: [24, 24, 12, 12],
    rows: ['AB', 'AB', 'C', 'C'].map(text => [item(text)]),
  }
  const [plain, regularized] = await Promise.all(
    [undefined, {weight: WEIGHT}].map(async consistency => {
      const {lossOf} = await taskWith(consistency).batch(features)
      return lossOf({values: logits, shape: [4, 6, 5]})
    }),
  )
  const {losses, gradient} = consistencyLoss({logits, ...sizes})
  const divergence = losses.reduce((left, right) => left + right)
  expect(divergence).toBeGreaterThan(1)
  expect(regularized!.loss.sum).toBeCloseTo(plain!.loss.sum + WEIGHT * divergence, 6)
  expect(regularized!.parts).toEqual({...plain!.parts, written_consistency: {sum: divergence, count: 18}})
  for (const [index, value] of regularized!.gradient.entries())
    expect(value, `at ${index}`).toBeCloseTo(plain!.gradient[index]! + WEIGHT * gradient[index]!, 5)
})

test('CTC-CRF adds its denominator, with the grammar of the texts that are learnt from', async () => {
  const logits = Float32Array.from({length: 2 * 6 * 5}, (_, index) => 2 * Math.sin(index * index))
  const features: FeatureBatch = {
    features: {values: new Float32Array(2 * 24 * 16), shape: [2, 24, 16]},
    lengths: [24, 12],
    rows: ITEMS.map(one => [one]),
  }
  const [plain, discriminative] = await Promise.all(
    [undefined, {weight: WEIGHT}].map(async crf => {
      const {lossOf} = await taskWith(undefined, crf).batch(features)
      return lossOf({values: logits, shape: [2, 6, 5]})
    }),
  )
  // A, B, C and the delimiter, behind the blank.
  const labels = [[1, 2], [3]]
  const {losses, gradient} = denominatorLoss(
    {logits, frames: 6, classes: 5, lengths: [6, 3], labels, blank: 0},
    labelGrammar(labels, 5),
  )
  const denominator = losses.reduce((left, right) => left + right)
  expect(discriminative!.loss.sum).toBeCloseTo(plain!.loss.sum + WEIGHT * denominator, 6)
  expect(discriminative!.parts).toEqual({...plain!.parts, written_denominator: {sum: denominator, count: 3}})
  for (const [index, value] of discriminative!.gradient.entries())
    expect(value, `at ${index}`).toBeCloseTo(plain!.gradient[index]! + WEIGHT * gradient[index]!, 5)
})

test('CTC-CRF goes by other texts where they are named', async () => {
  const texts = join(home, 'usual.txt')
  await writeFile(texts, 'ab\nba\nca\n')
  const open = (crf: object) => {
    const model = {encoder: {mels: 16}, crf}
    const config = parseTrainConfig({task: 'ctc', output_dir: home, data: {train: 'x'}, model}, 'test')
    const signal = AbortSignal.timeout(60_000)
    return openTask(config, {items: ITEMS, heard: ITEMS, threads: 1, cacheFolder: home, signal})
  }
  const features: FeatureBatch = {
    features: {values: new Float32Array(24 * 16), shape: [1, 24, 16]},
    lengths: [24],
    rows: [ITEMS.slice(0, 1)],
  }
  const values = Float32Array.from({length: 6 * 5}, (_, index) => Math.sin(index * index))
  const denominators = await Promise.all(
    [{}, {texts}].map(async crf => {
      const {lossOf} = await (await open(crf)).batch(features)
      const {written_denominator: denominator} = lossOf({values, shape: [1, 6, 5]}).parts
      return denominator?.sum
    }),
  )
  const batch = {logits: values, frames: 6, classes: 5, lengths: [6], labels: [[1, 2]], blank: 0}
  const expected = [
    labelGrammar([[1, 2], [3]], 5),
    labelGrammar(
      [
        [1, 2],
        [2, 1],
        [3, 1],
      ],
      5,
    ),
  ]
  expect(denominators).toEqual(expected.map(grammar => denominatorLoss(batch, grammar).losses[0]))
})

test('CTC-CRF of hundreds of pieces is refused', () => {
  const config = CtcModelConfig.parse({architecture: 'conformer', tokens: 'bpe', crf: {}})
  const tokens = ['<pad>', ...Array.from({length: 128}, (_, piece) => `p${piece}`)]
  const vocabularies = {written: {kind: 'bpe', tokens, merges: []}, phones: undefined} as const
  expect(() =>
    createCtcTask(config, {usual: ITEMS, vocabularies, pronunciations: undefined, weights: undefined}),
  ).toThrow('model.crf is for 128 labels at most, and here are 129.')
})

test('every recording comes twice where readings are to agree, each masked in its own way, and once in an evaluation', async () => {
  await writeToneWords(home, 'tones', 2)
  const threads = new FeatureThreads(1, {
    spool: undefined,
    augmentation: {
      speed: {probability: 1, factor: {min: 0.8, max: 1.2}},
      spec_augment: {
        probability: 1,
        time_masks: 2,
        time_mask_frames: 10,
        time_mask_share: 0.2,
        frequency_masks: 0,
        frequency_mask_mels: 0,
        time_warp_frames: 0,
        fill: 'zero',
      },
    },
    trimSilence: false,
    seed: 1,
  })
  const planned = ['tones-0', 'tones-1'].map((name): PlannedRow => {
    const audio = `${home}/${name}.wav`
    const sound = {kind: 'file', recording: {audio, clip: undefined, channel: undefined}} as const
    return {parts: [{item: item('AB', audio), sound}], gapSeconds: [0, 0]}
  })
  try {
    const of = (consistency: object | undefined, augment: boolean) =>
      computeBatch(planned, {threads, task: taskWith(consistency), augment, key: '0/0'})
    const [once, twice, measured] = [await of(undefined, true), await of({}, true), await of({}, false)]
    expect([once, twice, measured].map(({features: {shape}}) => shape[0])).toEqual([2, 4, 2])
    expect(twice.rows.map(([one]) => one?.audio)).toEqual(
      planned.flatMap(({parts: [one]}) => [one, one].map(same => same?.item.audio)),
    )
    const [first, second] = [once.lengths[0], once.lengths[1]]
    expect(twice.lengths).toEqual([first, first, second, second])
    const [, frames, mels] = twice.features.shape as [number, number, number]
    const readings = [0, 1].map(row => twice.features.values.subarray(row * frames * mels, (row + 1) * frames * mels))
    const masked = readings.map(reading =>
      Array.from({length: first!}, (_, frame) => frame).filter(frame =>
        reading.subarray(frame * mels, (frame + 1) * mels).every(value => value === 0),
      ),
    )
    expect(masked[0]).not.toEqual(masked[1])
    for (let frame = 0; frame < first!; frame++) {
      if (masked.some(frames => frames.includes(frame))) continue
      const [one, other] = readings.map(reading => [...reading.subarray(frame * mels, (frame + 1) * mels)])
      expect(one).toEqual(other)
    }
  } finally {
    await threads.close()
  }
})

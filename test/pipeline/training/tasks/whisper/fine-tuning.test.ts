import {describe, expect, test} from 'vitest'
import {decodeSamples} from '../../../../../src/pipeline/training/data/decode-recording.js'
import {hasSharedData, needsSharedData, sharedData} from '../../../../support/shared-data.js'
import {batchOf, evaluate, learn, openEngine, openTask} from '../../../../support/whisper-training.js'

describe.skipIf(!hasSharedData)(`fine-tuning of a Whisper that knows speech${needsSharedData}`, () => {
  test('begins with what the model can do and lets the loss of new words fall', async () => {
    const recording = {audio: sharedData('misc/jfk.flac'), clip: undefined, channel: undefined}
    const samples = await decodeSamples(recording, {trimSilence: false})
    const text =
      'And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your country.'
    const task = await openTask({checkpoint: sharedData('models/whisper-nano'), freeze: 'encoder', lora: {r: 4}})
    const engine = await openEngine(task)
    const {metrics} = await evaluate(task, engine, batchOf(task, [{samples, text}]))
    expect(metrics).toMatchObject({wer: 0})
    const batch = batchOf(task, [{samples, text: text.toUpperCase()}])
    const losses = await learn(task, engine, () => batch, {steps: 3, rate: 0.005})
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.3)
    await Promise.all([engine.close(), task.close?.()])
  })
})

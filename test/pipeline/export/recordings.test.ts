import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {loadAudio} from '../../../src/pipeline/audio/read-audio.js'
import {LAYOUTS, type Layout} from '../../../src/pipeline/export/layouts.js'
import {openCtcNetwork} from '../../../src/pipeline/models/ctc/network.js'
import {readModelFolder} from '../../../src/pipeline/models/read-model-folder.js'
import {WhisperOptions} from '../../../src/pipeline/models/whisper/options.js'
import {openWhisperRecognizer} from '../../../src/pipeline/models/whisper/recognizer.js'
import {openSession} from '../../../src/pipeline/runtime/open-session.js'
import {exportAll, relativeError} from '../../support/export.js'
import {hasSharedData, needsSharedData, sharedData} from '../../support/shared-data.js'
import {prepare} from '../../support/whisper-nano.js'

const RECORDINGS = ['1688/142285/1688-142285-0000', '1688/142285/1688-142285-0001'].map(name =>
  sharedData(`librispeech/LibriSpeech/test-other/${name}.flac`),
)
const open = (path: string) => openSession(path, {provider: 'cpu', threads: 1})

async function samplesOf(path: string): Promise<Float32Array> {
  const {channels} = await loadAudio({type: 'file', path}, {channel: 'mix'})
  return channels[0]!
}

describe.skipIf(!hasSharedData)(`real models say what their ONNX files by optimum say${needsSharedData}`, () => {
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'lingulu-export-'))
  })
  afterAll(async () => await rm(home, {recursive: true, force: true}))

  async function exported(name: string, layout: Layout): Promise<string> {
    const out = join(home, `${name}-${layout}`)
    await exportAll({checkpoint: sharedData(`models/${name}`), out, layout})
    return out
  }

  /** Text, tokens and the times of words. */
  async function transcribed(path: string) {
    const folder = await readModelFolder(path)
    if (folder.kind !== 'whisper') throw new Error('whisper-nano is a Whisper model')
    const recognizer = await openWhisperRecognizer(folder, open, {provider: 'cpu', batchSize: 1})
    const options = WhisperOptions.parse({temperatures: [0], beamSize: null, wordTimestamps: true})
    const segments = []
    for (const recording of RECORDINGS)
      for await (const event of recognizer.recognize(prepare(await samplesOf(recording)), options, {}))
        if (event.type === 'done') segments.push(...event.transcript.segments)
    await recognizer.close()
    return segments.map(({text, tokens, words}) => ({
      text,
      tokens,
      words: words?.map(({word, start}) => [word, start]),
    }))
  }

  test('whisper-nano, token by token, with the times of words, in each layout', async () => {
    const expected = await transcribed(sharedData('models/whisper-nano'))
    expect(expected.length).toBeGreaterThan(1)
    for (const layout of LAYOUTS)
      expect(await transcribed(await exported('whisper-nano', layout)), layout).toEqual(expected)
  }, 240_000)

  test.each(['fused', 'huggingface'] as const)('wav2vec2-nano as %s, frame by frame', async layout => {
    const results: Float32Array[][] = []
    for (const path of [sharedData('models/wav2vec2-nano'), await exported('wav2vec2-nano', layout)]) {
      const folder = await readModelFolder(path)
      if (folder.kind !== 'ctc') throw new Error('wav2vec2-nano is a CTC model')
      const network = await openCtcNetwork(folder, open)
      const found: Float32Array[] = []
      for (const recording of RECORDINGS) {
        const samples = await samplesOf(recording)
        found.push(await network.logProbabilities(samples, samples.length))
      }
      await network.close()
      results.push(found)
    }
    const [expected, actual] = results
    for (const [index, probabilities] of expected!.entries())
      expect(relativeError(actual![index]!, [...probabilities])).toBeLessThan(1e-4)
  })
})

import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {loadAudio} from '../../../src/pipeline/audio/read-audio.js'
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

  async function folders(name: string): Promise<readonly string[]> {
    const original = sharedData(`models/${name}`)
    const out = join(home, name)
    await exportAll({checkpoint: original, out})
    return [original, out]
  }

  test('whisper-nano, token by token, with the times of words', async () => {
    const transcripts = []
    for (const path of await folders('whisper-nano')) {
      const folder = await readModelFolder(path)
      if (folder.kind !== 'whisper') throw new Error('whisper-nano is a Whisper model')
      const recognizer = await openWhisperRecognizer(folder, open, {provider: 'cpu', batchSize: 1})
      const options = WhisperOptions.parse({temperatures: [0], beamSize: null, wordTimestamps: true})
      const segments = []
      for (const recording of RECORDINGS)
        for await (const event of recognizer.recognize(prepare(await samplesOf(recording)), options, {}))
          if (event.type === 'done') segments.push(...event.transcript.segments)
      await recognizer.close()
      transcripts.push(
        segments.map(({text, tokens, words}) => ({text, tokens, words: words?.map(({word, start}) => [word, start])})),
      )
    }
    const [expected, actual] = transcripts
    expect(expected!.length).toBeGreaterThan(1)
    expect(actual).toEqual(expected)
  })

  test('wav2vec2-nano, frame by frame', async () => {
    const results: Float32Array[][] = []
    for (const path of await folders('wav2vec2-nano')) {
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

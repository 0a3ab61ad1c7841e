import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {beforeAll, describe, expect, test} from 'vitest'
import {RunDocument, type TranscribedRecord} from '../../src/pipeline/transcripts/results.js'
import {atomModel} from '../support/atom-models.js'
import {GREEDY, sample, suiteFolder, transcribe} from '../support/lingulu.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'
import {joined, librispeech, samplesOf, silence, writeWav} from '../support/speech.js'

const folder = suiteFolder()
const whisper = sharedData('models/whisper-nano')
const ctc = sharedData('models/wav2vec2-nano')
const jfk = sharedData('misc/jfk.flac')
const arpa = fileURLToPath(new URL('../data/ctc-reference/tiny.arpa', import.meta.url))

/** What became of one recording. */
async function record(...argv: string[]): Promise<TranscribedRecord> {
  const {json, stderr} = await transcribe('--json', ...argv)
  const [result] = RunDocument.parse(json()).results
  if (result?.status !== 'ok') throw new Error(stderr)
  return result
}
const decode = (...argv: string[]) => record('-m', whisper, ...GREEDY, ...argv)
const wordsOf = ({segments}: TranscribedRecord) => segments.flatMap(({words = []}) => words)

describe.skipIf(!hasSharedData)(`what is done to the sound${needsSharedData}`, () => {
  let speech: Float32Array
  let spoken: TranscribedRecord
  beforeAll(async () => {
    speech = await samplesOf(jfk)
    spoken = await decode(jfk)
  })

  test.each([
    ['the built-in detector', []],
    ['Silero', ['--vad-model', sharedData('vad/silero_vad.onnx')]],
  ])('--vad with %s: no word stands in silence, and the times are those of the recording', async (_, detector) => {
    const sounds = joined(silence(5), speech, silence(9), speech, silence(6))
    const path = await writeWav(folder, 'pauses.wav', sounds)
    const result = await decode(path, '--word-timestamps', '--vad', ...detector)
    const words = wordsOf(result)
    expect(words.length).toBeGreaterThan(20)
    expect(result.durationSeconds).toBe(42)
    const regions = [
      [5, 16],
      [25, 36],
    ] as const
    // Both detectors keep 0.4 s of silence around what they hear.
    for (const {start, end, word} of words)
      expect(
        regions.some(([from, to]) => start > from - 0.5 && end < to + 0.5 && start <= end),
        `${word} at ${start}–${end}`,
      ).toBe(true)
    for (const [from, to] of regions) expect(words.some(({start}) => start >= from - 0.5 && start < to)).toBe(true)
  })

  test('--normalize hears a whisper as it hears a voice', async () => {
    const quiet = await writeWav(
      folder,
      'quiet.wav',
      speech.map(value => value * 0.02),
    )
    for (const mode of ['peak', 'loudness']) expect((await decode(quiet, '--normalize', mode)).text).toBe(spoken.text)
  })

  test('--trim-silence leaves the times as they are', async () => {
    const path = await writeWav(folder, 'framed.wav', joined(silence(4), speech, silence(3)))
    const {segments, durationSeconds, text} = await decode(path, '--trim-silence')
    expect(durationSeconds).toBe(18)
    expect(text).toBe(spoken.text)
    expect(segments[0]?.start).toBeGreaterThan(3.5)
    expect(segments.at(-1)?.end).toBeLessThanOrEqual(15.5)
  })

  test('--clip-timestamps decodes a part', async () => {
    const {segments, durationSeconds} = await decode(jfk, '--clip-timestamps', '2,5')
    expect(segments.length).toBeGreaterThan(0)
    expect(segments[0]?.start).toBeGreaterThanOrEqual(2)
    expect(durationSeconds).toBe(11)
  })

  test('silence is an empty transcript, and nothing is wrong with it', async () => {
    const path = await writeWav(folder, 'silence.wav', silence(4))
    for (const argv of [[], ['--vad'], ['--trim-silence']]) {
      const {text, segments, durationSeconds} = await decode(path, ...argv)
      // As with OpenAI, a window in which the model says nothing is a segment without text.
      expect([text, ...segments.map(segment => segment.text)].join('')).toBe('')
      expect(durationSeconds).toBe(4)
    }
  })
})

describe.skipIf(!hasSharedData)(`CTC models${needsSharedData}`, () => {
  const spell = (...argv: string[]) => record('-m', ctc, ...argv)

  test('have words with --word-timestamps, whatever the search', async () => {
    const greedy = await spell(jfk, '--word-timestamps')
    expect(greedy.text).toContain('AMERICANS ASK NOT')
    expect(
      wordsOf(greedy)
        .map(({word}) => word)
        .join(''),
    ).toBe(` ${greedy.text.trim()}`)
    const beam = await spell(jfk, '--decoder', 'beam', '--beam-width', '20', '--hot-words', 'FELLOW,COUNTRY')
    expect(beam.text).toContain('COUNTRY')
    expect(beam.options).toMatchObject({decoder: 'beam', beamWidth: 20, hotWords: ['FELLOW', 'COUNTRY']})
  })

  test('a language model is used; one that is not there ends the run before it begins in earnest', async () => {
    expect((await spell(jfk, '--lm', arpa, '--alpha', '0.1')).options).toMatchObject({lm: arpa, alpha: 0.1})
    const {stderr, exitCode, stdout} = await transcribe('-m', ctc, '--lm', 'none.arpa', '-q', jfk, sample('garden.wav'))
    expect(stderr).toMatch(/^Error: The language model none\.arpa cannot be read/)
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 5})
  })
})

test('an English-only model says that it passes another language over', async () => {
  const english = atomModel('whisper-atom.en')
  const result = await record('-m', english, ...GREEDY, '--language', 'de', sample('garden.wav'))
  expect(result.warnings).toEqual(['whisper-atom.en knows English only; language de is ignored.'])
  expect(result.language).toBe('en')
  const {stderr, exitCode} = await transcribe('-m', english, '--task', 'translate', sample('garden.wav'), '-q')
  expect(stderr).toMatch(/^Error: whisper-atom\.en knows English only and cannot translate\.\n {2}→ /)
  expect(exitCode).toBe(2)
})

describe.skipIf(!hasSharedData)(`devices and workers${needsSharedData}`, () => {
  test.each([
    ['coreml', process.platform === 'darwin'],
    ['directml', process.platform === 'win32'],
    ['cuda', existsSync('/dev/nvidiactl')],
    ['tensorrt', existsSync('/dev/nvidiactl')],
  ])('--device %s is strict: the reason, the fix, exit code 5', async (device, mayWork) => {
    if (mayWork) return
    const {stderr, exitCode} = await transcribe('-m', whisper, '--device', device, jfk)
    expect(stderr).toMatch(new RegExp(`^Error: --device ${device} does not work here: .+\\n {2}→ .+`))
    expect(exitCode).toBe(5)
  })

  test('--devices needs GPUs', async () => {
    const {stderr, exitCode} = await transcribe('-m', whisper, '--device', 'cpu', '--devices', '0,1', jfk)
    expect(stderr).toMatch(/--devices chooses GPUs.*\n {2}→ .*--workers/)
    expect(exitCode).toBe(2)
  })

  test('two workers write what one writes', async () => {
    const files = librispeech(6)
    const texts = []
    for (const workers of ['1', '2']) {
      const {json, exitCode} = await transcribe('-m', whisper, ...GREEDY, '--json', '--workers', workers, ...files)
      expect(exitCode).toBe(0)
      texts.push(RunDocument.parse(json()).results.map(result => result.status === 'ok' && result.text))
    }
    expect(texts[0]?.length).toBe(6)
    expect(texts[1]).toEqual(texts[0])
  })

  test('--timeout fails the recording that takes too long, and the others go on', async () => {
    const speech = await Promise.all(librispeech(40).map(samplesOf))
    const path = await writeWav(folder, 'long.wav', joined(...speech, ...speech))
    const {json, exitCode} = await transcribe('-m', whisper, '--json', '--timeout', '2', path, sample('garden.wav'))
    const {results} = RunDocument.parse(json())
    expect(results[0]).toMatchObject({
      status: 'failed',
      audio: path,
      error: {code: 'TIMEOUT', message: `${path} took longer than 2 s.`, hint: expect.any(String)},
    })
    expect(results[1]).toMatchObject({status: 'ok'})
    expect(exitCode).toBe(3)
  })
})

import {describe, expect, test} from 'vitest'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {ResultRecord, RunDocument, resultSchemas, SummaryRecord} from '../../../src/pipeline/transcripts/results.js'
import {
  failedRecord,
  startSummary,
  type TranscribedContext,
  transcribedRecord,
} from '../../../src/pipeline/transcripts/summarize.js'
import {randomTranscript} from './random-transcript.js'

const context: TranscribedContext = {
  audio: 'a.wav',
  warnings: [],
  outputs: [{format: 'txt', path: 'out/a.txt'}],
  model: {name: 'nano', hash: 'abc', precision: 'fp32', provider: 'cpu'},
  options: {beamSize: 5, temperature: [0, 0.2], language: null},
  timings: {wallSeconds: 2},
}
const transcript = {...randomTranscript(3, true), durationSeconds: 30}
const model = {name: 'nano', hash: 'abc', precision: 'fp32', provider: 'cpu'}

test('a record keeps everything the transcript says, and survives JSON', () => {
  const suspects = [{kind: 'loop', segment: 0, detail: 'x'}] as const
  const record = transcribedRecord({...transcript, suspects, channel: 'left', languageProbability: 0.9}, context)
  expect(record).toMatchObject({
    type: 'result',
    status: 'ok',
    channel: 'left',
    language: 'en',
    languageProbability: 0.9,
    rtfx: 15,
    suspects,
  })
  expect(record.segments).toEqual(transcript.segments)
  expect(ResultRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(JSON.parse(JSON.stringify(record)))
})

test('a number that is none is null, as JSON has it', () => {
  const [segment] = transcript.segments
  const broken = {...segment!, averageLogProbability: Number.NaN, compressionRatio: Number.POSITIVE_INFINITY}
  const record = transcribedRecord({...transcript, segments: [broken]}, {...context, timings: {wallSeconds: 0}})
  expect(record.segments[0]).toMatchObject({averageLogProbability: null, compressionRatio: null})
  expect(record.rtfx).toBeNull()
  expect(ResultRecord.safeParse(record).success).toBe(true)
})

test('a failure keeps code, message and hint, but no stack', () => {
  expect(
    failedRecord('a.wav', new LinguluError('AUDIO_CORRUPT', 'a.wav: cut off', {hint: 'Copy it again.'}), 'utt1'),
  ).toEqual({
    type: 'result',
    status: 'failed',
    audio: 'a.wav',
    id: 'utt1',
    error: {code: 'AUDIO_CORRUPT', message: 'a.wav: cut off', hint: 'Copy it again.'},
  })
  expect(failedRecord('a.wav', new TypeError('oops')).error).toEqual({code: 'BUG', message: 'oops', hint: undefined})
})

test('the summary counts inputs, not channels, and leaves resumed audio out of the speed', () => {
  const summary = startSummary(5)
  const ok = transcribedRecord({...transcript, suspects: [{kind: 'loop', segment: 0, detail: 'x'}]}, context)
  summary.add([ok])
  summary.add([
    {...ok, channel: 'left'},
    {...ok, channel: 'right'},
  ])
  summary.add([{...ok, resumed: true}])
  summary.add([failedRecord('b.wav', new LinguluError('AUDIO_EMPTY', 'b.wav: empty'))])
  summary.add([{type: 'result', status: 'skipped', audio: 'c.wav', outputs: []}])
  const done = summary.finish({version: '0.1.0', model, options: {}, wallSeconds: 9})
  expect(done).toMatchObject({
    inputs: {total: 5, ok: 3, failed: 1, skipped: 1, resumed: 1},
    suspects: 4,
    audioSeconds: 90,
    rtfx: 10,
    failures: [{audio: 'b.wav', error: {code: 'AUDIO_EMPTY'}}],
  })
  expect(SummaryRecord.safeParse(done).success).toBe(true)
  expect(RunDocument.safeParse({results: [ok], summary: done}).success).toBe(true)
})

describe('the JSON Schema', () => {
  test('describes lines and document, and says what is not told by the names', () => {
    const {line, document} = resultSchemas()
    expect(JSON.stringify(line)).toContain('"const":"summary"')
    expect(document).toMatchObject({type: 'object', required: ['results', 'summary'], additionalProperties: false})
    expect(JSON.stringify(document)).toContain('Seconds of audio per second of wall clock.')
  })
})

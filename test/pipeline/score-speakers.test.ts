import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {scoreSpeakers} from '../../src/pipeline/score-speakers.js'
import {SpeakerScore} from '../../src/pipeline/scoring/diarization/speaker-score.js'
import {openNormalizer} from '../../src/pipeline/text/normalizers/open-normalizer.js'

const folder = mkdtempSync(join(tmpdir(), 'lingulu-speakers-'))
afterAll(() => rmSync(folder, {recursive: true}))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const rttm = (speaker: string, start: number, end: number) =>
  `SPEAKER call 1 ${start} ${end - start} <NA> <NA> ${speaker} <NA> <NA>\n`

const reference = file('ref.rttm', rttm('ann', 0, 4) + rttm('bob', 3, 8))
const hypothesis = file('hyp.rttm', rttm('s1', 0, 4) + rttm('s2', 4, 8))

describe('RTTM', () => {
  test('gives DER, JER and their parts', async () => {
    const score = await scoreSpeakers({reference, hypothesis})
    expect(SpeakerScore.parse(score)).toEqual(score)
    expect(score).toEqual({
      type: 'diarization',
      schema: 1,
      der: 1 / 9,
      jer: 0.1,
      totalSeconds: 9,
      correctSeconds: 8,
      missedSeconds: 1,
      falseAlarmSeconds: 0,
      confusionSeconds: 0,
      recordings: [
        {
          recording: 'call',
          der: 1 / 9,
          jer: 0.1,
          totalSeconds: 9,
          correctSeconds: 8,
          missedSeconds: 1,
          falseAlarmSeconds: 0,
          confusionSeconds: 0,
          speakers: {reference: 2, hypothesis: 2},
          mapping: [
            {reference: 'ann', hypothesis: 's1'},
            {reference: 'bob', hypothesis: 's2'},
          ],
        },
      ],
      options: {reference, hypothesis, uem: null, collarSeconds: 0, ignoreOverlap: false},
      warnings: [],
    })
  })

  test('collar, ignored overlap and UEM reach the score', async () => {
    const uem = file('map.uem', 'call 1 0 7\n')
    const score = await scoreSpeakers({reference, hypothesis, collarSeconds: 0.25, ignoreOverlap: true, uem})
    expect(score).toMatchObject({totalSeconds: 5.25, der: 0, options: {uem, collarSeconds: 0.25, ignoreOverlap: true}})
  })

  test('what a reference says not to score is told', async () => {
    const noted = file('noted.rttm', `${rttm('ann', 0, 4)}NOSCORE call 1 0 1 <NA> <NA> <NA> <NA> <NA>\n`)
    expect((await scoreSpeakers({reference: noted, hypothesis})).warnings).toEqual([
      expect.stringMatching(/noted\.rttm: 1 NOSCORE/),
    ])
  })
})

describe('STM, CTM and SegLST', () => {
  const stm = file('ref.stm', 'call 1 ann 0 2 <NA> The old Lamp\ncall 1 bob 2 4 a stone\n')
  const ctm = file('hyp.ctm', 'call A 0 1 the\ncall A 1 1 lamp\ncall B 2 1 a\ncall B 3 1 stone\n')
  const segments = [
    {session_id: 'call', speaker: 0, words: 'the old lamp', start_time: 0, end_time: 2},
    {session_id: 'call', speaker: 1, words: 'a stone', start_time: 2, end_time: 4},
  ]
  const seglst = file('hyp.seglst.json', JSON.stringify(segments))

  test.each([
    [stm, stm, 0],
    [stm, ctm, 3],
    [stm, seglst, 2],
    [seglst, ctm, 1],
  ])('%s with %s: cpWER', async (reference, hypothesis, errors) => {
    const score = await scoreSpeakers({reference, hypothesis})
    expect(SpeakerScore.parse(score)).toEqual(score)
    expect(score).toMatchObject({type: 'cpwer', errors, referenceWords: 5, cpwer: errors / 5})
    expect(score).toMatchObject({normalizer: {name: 'none'}, options: {reference, hypothesis}})
  })

  test('a normalizer is applied, and named', async () => {
    const score = await scoreSpeakers({reference: stm, hypothesis: ctm, normalizer: {name: 'basic'}})
    const {hash} = await openNormalizer({name: 'basic'})
    expect(score).toMatchObject({errors: 1, normalizer: {name: 'basic', hash}})
  })
})

describe('refuses', () => {
  test.each([
    ['formats that do not go together', {reference, hypothesis: 'hyp.stm'}, 'USAGE', 'not both transcripts'],
    ['formats it does not know', {reference: 'a.txt', hypothesis: 'b.txt'}, 'USAGE', 'not both transcripts'],
    ['a collar below 0', {reference, hypothesis, collarSeconds: -1}, 'CONFIG_INVALID', 'collarSeconds'],
    ['a collar for words', {reference: 'a.stm', hypothesis: 'b.stm', collarSeconds: 1}, 'OPTION_UNSUPPORTED', 'collar'],
    [
      'a UEM for words',
      {reference: 'a.stm', hypothesis: 'b.stm', uem: 'c.uem'},
      'OPTION_UNSUPPORTED',
      'a UEM: only for RTTM',
    ],
    ['a normalizer for turns', {reference, hypothesis, normalizer: {name: 'basic'}}, 'OPTION_UNSUPPORTED', 'no words'],
    ['a missing file', {reference: 'none.rttm', hypothesis}, 'MANIFEST_INVALID', 'none.rttm: cannot be read (ENOENT)'],
  ] as const)('%s', async (_, options, code, message) => {
    await expect(scoreSpeakers(options)).rejects.toMatchObject({code, message: expect.stringContaining(message)})
  })

  test('options it does not know', async () => {
    const options = {reference, hypothesis, colar: 0.25}
    await expect(scoreSpeakers(options)).rejects.toMatchObject({code: 'CONFIG_INVALID', message: /colar/})
  })

  test('what is no text', async () => {
    const path = join(folder, 'latin.rttm')
    writeFileSync(path, Buffer.from([0x41, 0x0a, 0xe9, 0x0a]))
    await expect(scoreSpeakers({reference: path, hypothesis})).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('not UTF-8'),
    })
  })

  test('to go on when it is aborted', async () => {
    const reason = new Error('enough')
    await expect(scoreSpeakers({reference, hypothesis}, {signal: AbortSignal.abort(reason)})).rejects.toBe(reason)
  })
})

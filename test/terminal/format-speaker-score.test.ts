import {expect, test} from 'vitest'
import type {CpScore, DiarizationScore} from '../../src/pipeline/scoring/diarization/speaker-score.js'
import {formatSpeakerScore} from '../../src/terminal/format-speaker-score.js'

const parts = {
  der: 0.25,
  jer: 0.5,
  totalSeconds: 8,
  correctSeconds: 7,
  missedSeconds: 0.5,
  falseAlarmSeconds: 1,
  confusionSeconds: 0.5,
}

test('diarization: a line for each recording, all, and under which conditions', () => {
  const score: DiarizationScore = {
    type: 'diarization',
    schema: 1,
    ...parts,
    recordings: [{recording: 'call\u202e', ...parts, speakers: {reference: 2, hypothesis: 3}, mapping: []}],
    options: {reference: 'r', hypothesis: 'h', uem: null, collarSeconds: 0.25, ignoreOverlap: true},
    warnings: [],
  }
  expect(formatSpeakerScore(score)).toBe(`\
recording     DER      missed  false alarm  confusion  JER      speech  speakers
call⟨U+202E⟩  25.00 %  6.25 %  12.50 %      6.25 %     50.00 %  8.00 s  2 / 3
all           25.00 %  6.25 %  12.50 %      6.25 %     50.00 %  8.00 s

DER 25.00 % (collar 0.25 s on each side, overlap ignored, no UEM)`)
})

test('cpWER: the errors of each session, and the normalizer', () => {
  const counts = {
    cpwer: null,
    errors: 3,
    referenceWords: 0,
    hits: 0,
    substitutions: 0,
    deletions: 0,
    insertions: 3,
    speakers: {reference: 1, hypothesis: 2, missed: 0, falseAlarm: 1},
  }
  const score: CpScore = {
    type: 'cpwer',
    schema: 1,
    ...counts,
    sessions: [{session: 'call', ...counts, assignment: []}],
    normalizer: {name: 'basic', hash: 'abc', description: ''},
    options: {reference: 'r', hypothesis: 'h'},
    warnings: [],
  }
  expect(formatSpeakerScore(score)).toBe(`\
session  cpWER  subs  dels  ins  words  speakers
call     n/a    0     0     3    0      1 / 2
all      n/a    0     0     3    0      1 / 2

cpWER n/a (normalizer basic abc)`)
})

import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {alignWords, SCLITE_WEIGHTS} from '../../../src/pipeline/scoring/align-words.js'
import {createScorer} from '../../../src/pipeline/scoring/score-utterance.js'
import {sclitePairs, scliteTranscripts} from '../../support/sclite-pairs.js'
import {pairOf} from './pair-of.js'

const lines = (name: string) =>
  readFileSync(new URL(`../../data/sclite-reference/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .slice(0, -1)

test('1,500 pairs full of ties are aligned as sclite aligns them', () => {
  const operations = [...sclitePairs()].map(
    ({reference, hypothesis}) => alignWords(reference.split(' '), hypothesis.split(' '), SCLITE_WEIGHTS).operations,
  )
  expect(operations).toEqual(lines('plain'))
}, 300_000)

test('1,500 transcripts with alternatives and optional words are aligned as sclite -D aligns them', () => {
  const score = createScorer({normalize: text => text, weights: 'sclite', alternatives: {optionalWords: true}})
  const operations = [...scliteTranscripts()].map(
    ({reference, hypothesis}) => score(pairOf(reference, hypothesis)).words.operations,
  )
  expect(operations).toEqual(lines('net'))
}, 300_000)

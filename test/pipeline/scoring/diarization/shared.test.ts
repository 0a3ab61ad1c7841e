import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseRttm} from '../../../../src/pipeline/scoring/diarization/parse-rttm.js'
import {parseUem} from '../../../../src/pipeline/scoring/diarization/parse-uem.js'
import {scoreRecordings} from '../../../../src/pipeline/scoring/diarization/score-recordings.js'
import type {Turn} from '../../../../src/pipeline/scoring/diarization/turn.js'
import {sharedData} from '../../../support/shared-data.js'

const folder = sharedData('diarization')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const turnsOf = (name: string) => parseRttm(read(name), name).data

interface Disturbed {
  readonly rttm: string
  readonly uem: string | null
  readonly collar: number
  readonly ignoreOverlap: boolean
  readonly der: number
  readonly total: number
  readonly missed: number
  readonly falseAlarm: number
  readonly confusion: number
}

const disturbed: readonly Disturbed[] = JSON.parse(
  readFileSync(new URL('../../../data/diarization-reference/disturbed.json', import.meta.url), 'utf8'),
)

/** The same disturbance as behind the reference values (README there): some turns missing, moved, longer, of others. */
function disturb(turns: readonly Turn[]): Turn[] {
  return turns.flatMap(({speaker, startMicros, endMicros}, index) => {
    if (index % 7 === 3) return []
    const other = index % 5 === 4 ? turns[(index * 3) % turns.length]?.speaker : speaker
    const start = Math.max(0, startMicros + (((index * 37) % 9) - 4) * 50_000)
    const longer = ((index * 11) % 3) * 100_000
    return [{speaker: `h-${other}`, startMicros: start, endMicros: start + endMicros - startMicros + longer}]
  })
}

const here = existsSync(join(folder, 'sample.rttm'))

describe.skipIf(!here)(`real turns${here ? '' : ' (skipped: ../shared/data/diarization is not here)'}`, () => {
  test.each(disturbed)('$rttm, collar $collar, overlap ignored $ignoreOverlap: as pyannote.metrics', expected => {
    const reference = turnsOf(expected.rttm)
    const score = scoreRecordings(
      {
        reference,
        hypothesis: new Map([...reference].map(([recording, turns]) => [recording, disturb(turns)])),
        uem: expected.uem === null ? undefined : parseUem(read(expected.uem), expected.uem).data,
      },
      {collarMicros: expected.collar * 1e6, ignoreOverlap: expected.ignoreOverlap},
    )
    expect(score.der).toBeCloseTo(expected.der, 8)
    expect(score.totalSeconds).toBeCloseTo(expected.total, 5)
    expect(score.missedSeconds).toBeCloseTo(expected.missed, 5)
    expect(score.falseAlarmSeconds).toBeCloseTo(expected.falseAlarm, 5)
    expect(score.confusionSeconds).toBeCloseTo(expected.confusion, 5)
  })
})

/** The two RTTM files of the published figure (SpeechBrain's test of DER), wherever they lie below the folder. */
function goldenPair(): {readonly reference: string; readonly hypothesis: string} | undefined {
  const golden = join(folder, 'der-golden')
  if (!existsSync(golden)) return undefined
  const files = readdirSync(golden, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.rttm'))
  const reference = files.find(name => /ref/i.test(name))
  const hypothesis = files.find(name => /sys|hyp/i.test(name))
  return reference === undefined || hypothesis === undefined
    ? undefined
    : {reference: join('der-golden', reference), hypothesis: join('der-golden', hypothesis)}
}

const pair = goldenPair()

describe.skipIf(pair === undefined)(
  `the published figure${pair ? '' : ' (skipped: der-golden has no RTTM files)'}`,
  () => {
    test('DER is 7.16923618 % with a collar of 0.25 s and overlap ignored', () => {
      if (pair === undefined) return
      const score = scoreRecordings(
        {reference: turnsOf(pair.reference), hypothesis: turnsOf(pair.hypothesis), uem: undefined},
        {collarMicros: 250_000, ignoreOverlap: true},
      )
      expect((100 * score.der).toFixed(8)).toBe('7.16923618')
      expect(score).toMatchObject({missedSeconds: 0, falseAlarmSeconds: 0, confusionSeconds: 85.61})
    })
  },
)

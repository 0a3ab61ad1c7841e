import {WriteStream} from 'node:tty'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {visibleText} from '../../src/pipeline/text/visible-text.js'
import type {TrainEvent} from '../../src/pipeline/training/train-events.js'
import {formatTraining} from '../../src/terminal/format-training.js'
import {openTrainProgress} from '../../src/terminal/train-progress.js'
import {doneEvent, evaluationEvent, planEvent, runEvents, stepEvent} from '../support/training-events.js'

beforeEach(() => void vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date']}))
afterEach(() => void vi.useRealTimers())

/** A terminal, or a file, that remembers what is written to it. */
function stream({isTTY}: {isTTY: boolean}) {
  let written = ''
  const write = (text: string) => {
    written += text
    return true
  }
  const fake = Object.setPrototypeOf({isTTY, columns: 120, write}, WriteStream.prototype)
  return {stderr: fake as WriteStream, written: () => written}
}

/** What stands on the screen after returns to the start of a line and erasing. */
function screen(written: string): string[] {
  const lines: string[] = []
  for (const row of written.split('\n')) {
    let line = ''
    let column = 0
    for (const [index, piece] of row.split('\u001B[').entries()) {
      const [sequence = '', command] = index === 0 ? [] : (/^[\d;?]*([A-Za-z])/.exec(piece) ?? [])
      if (command === 'G') column = 0
      if (command === 'K' || command === 'J') line = line.slice(0, column)
      for (const [part, text] of piece.slice(sequence.length).split('\r').entries()) {
        if (part > 0) column = 0
        line = line.slice(0, column) + text + line.slice(column + text.length)
        column += text.length
      }
    }
    lines.push(line)
  }
  return lines
}

async function shown(events: readonly TrainEvent[], {isTTY = false, quiet = false} = {}): Promise<string[]> {
  const {stderr, written} = stream({isTTY})
  const progress = await openTrainProgress({quiet, stderr})
  for (const event of events) {
    progress.show(event)
    vi.advanceTimersByTime(1000)
  }
  const lines = screen(written())
  progress.close()
  return lines
}

const PLAN = [
  'ctc on ort-cpu: the default without a GPU',
  '  not ort-cuda: no GPU',
  '1,234,567 parameters',
  'Training: 3,000 utterances, 2.00 h; dev: 250 utterances, 10.0 min',
  '400 steps (8.0 epochs) into models/digits',
]
const TABLE = [
  '   Step    Epoch  Dev set         WER      CER     Loss',
  '    100     2.00  digits-dev  90.00 %  45.00 %    1.800  best',
  '    200     4.00  digits-dev  40.00 %  20.00 %   0.8000  best',
]

describe('on a terminal', () => {
  test('a bar of steps stands below the plan and the table of evaluations, and nothing is left of it in the end', async () => {
    const {stderr, written} = stream({isTTY: true})
    const progress = await openTrainProgress({quiet: false, stderr})
    for (const event of runEvents.slice(0, 6)) {
      progress.show(event)
      vi.advanceTimersByTime(1000)
    }
    expect(screen(written())).toEqual([
      ...PLAN,
      ...TABLE,
      '████████████░░░░░░░░░░░░ 200/400 | loss 0.5000 | rate 0.002 | 12,345 frames/s | 3:20 left',
    ])
    progress.close()
    expect(screen(written())).toEqual([...PLAN, ...TABLE, ''])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a resumed run begins where it goes on', async () => {
    const lines = await shown([planEvent({resumedStep: 300})], {isTTY: true})
    expect(lines.at(-2)).toBe('Goes on after step 300')
    expect(lines.at(-1)).toContain(' 300/400 | loss –')
  })
})

describe('elsewhere', () => {
  test('a line at once, then every ten seconds, and at the end; there are no control characters', async () => {
    const steps = Array.from({length: 400}, (_, index) => stepEvent(index + 1))
    const lines = await shown([planEvent(), ...steps.slice(0, 12), ...steps.slice(-1)])
    expect(lines).toEqual([
      ...PLAN,
      '1/400, epoch 0.02, loss 100.0, rate 0.002, 12,345 frames/s, 6:39 left',
      '11/400, epoch 0.22, loss 9.091, rate 0.002, 12,345 frames/s, 6:29 left',
      '400/400, epoch 8.00, loss 0.2500, rate 0.002, 12,345 frames/s, 0:00 left',
      '',
    ])
  })

  test('a mean of checkpoints is told of, with what came of it', async () => {
    const results = [
      {dataset: 'dev\u001b', utterances: 9, metrics: {wer: 0.125, loss: 1.5}, examples: []},
      {dataset: 'other', utterances: 9, metrics: {wer: null}, examples: []},
    ]
    const lines = await shown([
      {type: 'average', steps: [900, 1200], results, better: true},
      {type: 'average', steps: [900, 1000, 1200], results: results.slice(1), better: false},
    ])
    expect(lines).toEqual([
      'The mean of steps 900 and 1,200: WER 12.50 %, Loss 1.500 on dev␛; WER n/a on other; better than the best of them: it is the model',
      'The mean of steps 900, 1,000 and 1,200: WER n/a on other; no better than the best of them, left out',
      '',
    ])
  })

  test('--quiet says nothing', async () => {
    expect(await shown(runEvents, {quiet: true})).toEqual([''])
    expect(await shown(runEvents, {quiet: true, isTTY: true})).toEqual([''])
  })
})

test('the table gets new titles when the measures change, and rows stay below theirs', async () => {
  const base = evaluationEvent(100, 0.9)
  const result = base.results[0]!
  const other = {...result, dataset: 'a-much-longer-name-of-a-data-set', metrics: {'phones/per': null, fbank_norm: 3}}
  const {loss: _, ...noLoss} = result.metrics
  const lines = await shown([
    base,
    evaluationEvent(200, 0.4),
    {...base, results: [other, result]},
    {...base, results: [{...result, metrics: noLoss}]},
  ])
  expect(lines).toEqual([
    '   Step    Epoch  Dev set         WER      CER     Loss',
    '    100     2.00  digits-dev  90.00 %  45.00 %    1.800',
    '    200     4.00  digits-dev  40.00 %  20.00 %   0.8000',
    '   Step    Epoch  Dev set                   phones PER  fbank_norm      WER      CER     Loss',
    '    100     2.00  a-much-longer-name-of-a…         n/a       3.000      n/a      n/a      n/a',
    '    100     2.00  digits-dev                       n/a         n/a  90.00 %  45.00 %    1.800',
    '   Step    Epoch  Dev set         WER      CER',
    '    100     2.00  digits-dev  90.00 %  45.00 %',
    '',
  ])
})

test('of many recordings that are skipped the first ones are named', async () => {
  const names = Array.from({length: 30}, (_, index) => `${index + 1}.wav`)
  const skipped = names.map(audio => ({audio, reason: 'it is empty'}))
  const lines = await shown([
    planEvent({skipped: skipped.slice(0, 8)}),
    ...skipped.slice(8).map(one => ({type: 'skipped' as const, ...one})),
    doneEvent(),
  ])
  const shownNames = names.slice(0, 10).map(name => `Skipped: ${name}: it is empty`)
  expect(lines.slice(PLAN.length)).toEqual([
    ...shownNames,
    'Skipped: more of them, all named in the log',
    'Skipped 30 recordings in all',
    '',
  ])
})

test('what comes from data cannot steer the terminal', async () => {
  const bad = 'x\u001B[2Jy\u0007'
  const {results} = evaluationEvent(1, 0.5)
  const lines = await shown([
    planEvent({folder: bad, warnings: [bad], engine: {name: bad, reason: bad, rejected: []}}),
    {type: 'warning', message: bad},
    {type: 'skipped', audio: bad, reason: bad},
    evaluationEvent(1, 0.5, {results: results.map(result => ({...result, dataset: bad, metrics: {[bad]: 1}}))}),
  ])
  expect(lines.map(visibleText)).toEqual(lines)
  expect(lines.join('').match(/x␛\[2Jy␇/g)).toHaveLength(7)
  expect(lines.at(-3)).toContain('x__2Jy_')
})

test.each([
  [
    doneEvent(),
    'Trained: 400 steps, 8.0 epochs, 12.5 min\n  best WER 19.60 % on digits-dev, after step 300\nmodels/digits',
  ],
  [
    doneEvent({reason: 'interrupted', steps: 1234, best: null}),
    'Interrupted: 1,234 steps, 8.0 epochs, 12.5 min\nmodels/digits',
  ],
])('the end is told in a few lines', (done, text) => {
  expect(formatTraining(done)).toBe(text)
})

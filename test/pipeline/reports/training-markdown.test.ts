import {spawnSync} from 'node:child_process'
import {describe, expect, test} from 'vitest'
import {trainingMarkdown} from '../../../src/pipeline/reports/training-markdown.js'
import type {TrainingReport} from '../../../src/pipeline/training/training-report.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {doneEvent, evaluationEvent, planEvent, runEvents, stepEvent} from '../../support/training-events.js'
import {trainingReport} from '../../support/training-report.js'

/** The cells of the row that begins so. */
const rowOf = (markdown: string, title: string) =>
  markdown
    .split('\n')
    .find(line => line.startsWith(`| ${title} |`))
    ?.split('|')
    .map(cell => cell.trim())
    .slice(2, -1)

test.each([
  ['Task', ['ctc', 'speech-encoder']],
  ['Engine', ['ort-cpu', 'the default without a GPU']],
  ['Parameters', ['1,234,567', '']],
  ['Best WER', ['19.60 %', 'on digits-dev, after step 300']],
  ['Training data', ['2.00 h', '3,000 utterances']],
  ['Dev data', ['10.0 min', '250 utterances']],
  ['Steps', ['400', 'of 400, all that were planned']],
  ['Wall time', ['12.5 min', '']],
  ['Speed', ['12,345 frames/s', '123.5 seconds of audio per second; medians']],
  ['`optimizer.learningRate`', ['`0.002`']],
  ['`optimizer.betas`', ['`[0.9,0.98]`']],
  ['`output`', ['`{}`']],
  ['Not ort-cuda', ['no GPU␊at all']],
  ['Model hash', [`\`${'c'.repeat(64)}\``]],
  ['Model size', ['4.94 MB']],
  ['Processor', ['cpu, 2 cores']],
  ['training', ['`digits`', '2,250', '1.50 h', `\`${'a'.repeat(64)}\``]],
  ['dev', ['`digits-dev`', '250', '10.0 min', `\`${'b'.repeat(64)}\``]],
])('the report tells %s', (title, cells) => {
  expect(rowOf(trainingMarkdown(trainingReport()), title)).toEqual(cells)
})

test('evaluations stand newest first, and the best is marked', () => {
  const [, table = ''] = trainingMarkdown(trainingReport()).split('## Evaluations\n\n')
  expect(table.split('\n').slice(0, 6)).toEqual([
    '| Step | Epoch | Data set | Utterances | WER | CER | Loss |  |',
    '| --: | --: | :-- | --: | --: | --: | --: | :-- |',
    '| 400 | 8.00 | `digits-dev` | 250 | 25.00 % | 12.50 % | 0.5000 |  |',
    '| 300 | 6.00 | `digits-dev` | 250 | 19.60 % | 9.80 % | 0.3920 | best |',
    '| 200 | 4.00 | `digits-dev` | 250 | 40.00 % | 20.00 % | 0.8000 |  |',
    '| 100 | 2.00 | `digits-dev` | 250 | 90.00 % | 45.00 % | 1.800 |  |',
  ])
})

test('examples show where the model erred, and are not there where texts are not kept', () => {
  expect(trainingMarkdown(trainingReport())).toContain('REF: five two\nHYP: fove two\n     S')
  const {evaluations} = trainingReport()
  const without = evaluations.map(point => ({
    ...point,
    results: point.results.map(result => ({...result, examples: []})),
  }))
  expect(trainingMarkdown(trainingReport({evaluations: without}))).not.toMatch(/## Examples|fove/)
})

test('a run that was interrupted before its first step says what it can', () => {
  const report = trainingReport({}, [
    planEvent({dev: [], trainable: 1000}),
    doneEvent({reason: 'interrupted', steps: 0, epochs: 0, seconds: 1, best: null}),
  ])
  const markdown = trainingMarkdown({...report, model: {...report.model, hash: null, bytes: null}})
  expect(rowOf(markdown, 'Steps')).toEqual(['0', 'of 400, interrupted'])
  expect(rowOf(markdown, 'Parameters')).toEqual(['1,234,567', '1,000 of them trained'])
  expect(rowOf(markdown, 'Dev data')).toEqual(['none', ''])
  expect(rowOf(markdown, 'Model hash')).toEqual(['none: no model was written'])
  expect(markdown).not.toMatch(/## (Curves|Evaluations|Examples|Skipped)|Best|Speed|NaN|undefined/)
})

test('what settings name beside data sets is told with its hash, and notes stand below the evaluations', () => {
  const sources = [{setting: 'data.lexicon', source: 'cmudict.dict', hash: 'd'.repeat(64)}]
  const events = [planEvent({sources, notes: ['Not by the best path.']}), ...runEvents.slice(1)]
  const markdown = trainingMarkdown(trainingReport({}, events))
  expect(rowOf(markdown, 'data.lexicon')).toEqual(['`cmudict.dict`', `\`${'d'.repeat(64)}\``])
  expect(markdown).toMatch(/## Evaluations\n\n(\|.*\n)+\nNot by the best path\.\n\n## /)
  expect(trainingMarkdown(trainingReport())).not.toContain('## Other sources')
})

test('resumes and an early stop are told', () => {
  const events = [
    ...runEvents.slice(0, -1),
    planEvent({resumedStep: 400}),
    stepEvent(401),
    doneEvent({reason: 'early-stop'}),
  ]
  const markdown = trainingMarkdown(trainingReport({}, events))
  expect(rowOf(markdown, 'Wall time')).toEqual(['12.5 min', 'resumed once'])
  expect(rowOf(markdown, 'Steps')?.[1]).toBe('of 400, stopped early: no improvement any more')
})

/** A report in which everything that comes from data, files and machines is this text. */
function hostile(text: string): TrainingReport {
  const metrics = {[text]: 0.5}
  const {results} = evaluationEvent(300, 0.2)
  const report = trainingReport({}, [
    planEvent({
      task: text,
      engine: {name: text, reason: text, rejected: [{name: text, reason: text}]},
      train: [{dataset: text, hash: text, utterances: 1, seconds: 1}],
      dev: [{dataset: text, hash: null, utterances: 1, seconds: 1}],
      sources: [{setting: text, source: text, hash: text}],
      notes: [text],
      skipped: [{audio: text, reason: text}],
      folder: text,
      warnings: [text],
    }),
    stepEvent(100),
    evaluationEvent(300, 0.2, {
      best: true,
      results: results.map(result => ({
        ...result,
        dataset: text,
        metrics,
        examples: [{id: text, reference: `a ${text}`, hypothesis: `b ${text}`}],
      })),
    }),
    doneEvent({best: {step: 300, dataset: text, metric: text, value: 0.2, folder: text, averaged: []}, folder: text}),
  ])
  return {
    ...report,
    name: text,
    model: {...report.model, architecture: text, hash: text},
    configuration: {[text]: text, list: [text]},
    environment: {...report.environment, platform: text, cpu: text, gpu: text, commit: text},
    command: text,
  }
}

const hasReader = spawnSync('cmark-gfm', ['--version']).status === 0
const EXTENSIONS = ['table', 'strikethrough', 'autolink', 'tasklist'].flatMap(name => ['-e', name])

describe.skipIf(!hasReader)("for GitHub's reader the report has the same elements", () => {
  const tags = (text: string) =>
    spawnSync('cmark-gfm', ['--unsafe', ...EXTENSIONS], {
      input: trainingMarkdown(hostile(text), {charts: [{title: text, alternative: text, path: text}]}),
      encoding: 'utf8',
    }).stdout.match(/<\/?[a-z]\w*/g)
  test.each(HOSTILE_TEXTS.filter(text => text.trim() !== '').map(text => [text.slice(0, 30), text] as const))(
    'with %j in it',
    (_, text) => {
      expect(tags(text)).toEqual(tags('plain'))
    },
  )
})

test('nothing of the data is taken for markup, in any reader', () => {
  const markdown = trainingMarkdown(hostile('<script>alert(1)</script>'))
  const [, outside = ''] = markdown.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '').split('-->')
  expect(outside).toContain('&lt;script&gt;')
  expect(outside).not.toContain('<script')
})

import type {EvaluationReport} from '../../../src/pipeline/evaluation/evaluation-report.js'
import {exampleReport} from '../../support/evaluation-report.js'

/** A report in which everything that comes from data, files and machines is this text. */
export function hostileReport(text: string): EvaluationReport {
  const report = exampleReport()
  return exampleReport({
    name: text,
    breakdowns: report.breakdowns.map(({by, groups}) => ({
      by: by === 'accent' ? text : by,
      groups: groups.map(group => ({...group, value: text})),
    })),
    errors: {
      confusions: [{reference: text, hypothesis: text, count: 3}],
      substituted: [{word: text, count: 3}],
      deleted: [{word: text, count: 2}],
      inserted: [{word: text, count: 1}],
    },
    worst: [
      {
        id: text,
        speaker: text,
        audio: text,
        wer: 1,
        errors: 2,
        reference: [text, 'b'],
        hypothesis: [text, text],
        operations: 'SDI',
      },
      {id: text, wer: 1, errors: 2, reference: [text, 'b'], hypothesis: [text], operations: '=D'},
    ],
    scores: report.scores.map(score => ({
      ...score,
      id: text,
      speaker: text,
      referenceText: text,
      hypothesisText: text,
    })),
    failures: [{id: text, error: {code: text, message: text, hint: text}}],
    normalizer: {name: text, hash: text, description: text},
    scoring: {weights: text},
    model: {name: text, hash: text, precision: text, provider: text},
    options: {prompt: text},
    dataset: {name: text, layout: text, hash: text, subset: null, warnings: [text]},
    environment: {...report.environment, platform: text, cpu: text, gpu: text, device: text, commit: text},
    command: text,
    gates: report.gates.map(gate => ({...gate, message: text})),
    warnings: [text],
  })
}

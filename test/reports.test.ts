import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {EvaluationReport} from '../src/pipeline/evaluation/evaluation-report.js'
import {errorsOf, referenceLength} from '../src/pipeline/scoring/error-counts.js'
import {root} from './support/documents.js'

const read = (name: string) => readFileSync(join(root, 'reports', name), 'utf8')
/** A user's own reports may stand beside these. */
const published = [...read('README.md').matchAll(/\]\(([\w-]+)\.md\) \| evaluation/g)].map(([, name = '']) => name)

test('evaluations are published', () => expect(published.length).toBeGreaterThan(3))

test.each(published)(
  'reports/%s.json is a report of today’s form, and its numbers follow from its utterances',
  name => {
    const report = EvaluationReport.parse(JSON.parse(read(`${name}.json`)))
    const errors = report.scores.reduce((sum, {words}) => sum + errorsOf(words), 0)
    const words = report.scores.reduce((sum, {words}) => sum + referenceLength(words), 0)
    expect(report.wer).toBe(errors / words)
    expect(read(`${name}.md`)).toContain(
      `${(report.wer ?? 0) * 100 > 0 ? ((errors / words) * 100).toFixed(2) : '0.00'} %`,
    )
    expect(JSON.stringify(report.scores)).not.toContain('Text')
  },
)

import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeTrainingReport} from '../../../src/pipeline/training/write-training-report.js'
import {trainingReport} from '../../support/training-report.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

test('the report shows the charts that stand beside it, and its JSON is the document', async () => {
  const folder = await temporaryFolder()
  const report = trainingReport()
  const paths = await writeTrainingReport(report, folder)
  const charts = ['loss', 'learning-rate', 'dev-wer', 'dev-cer'].map(name => `training.assets/${name}.svg`)
  expect(paths).toEqual([...charts, 'training.json', 'training.md'])
  expect((await readdir(folder)).sort()).toEqual(['training.assets', 'training.json', 'training.md'])
  expect(JSON.parse(await readFile(join(folder, 'training.json'), 'utf8'))).toEqual(report)
  const markdown = await readFile(join(folder, 'training.md'), 'utf8')
  expect([...markdown.matchAll(/!\[.*\]\((.*)\)/g)].map(([, path]) => path)).toEqual(charts)
  for (const chart of charts) expect(await readFile(join(folder, chart), 'utf8')).toContain('</svg>')
})

test('an interrupted write leaves nothing', async () => {
  const folder = await temporaryFolder()
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(writeTrainingReport(trainingReport(), folder, signal)).rejects.toThrow('enough')
  expect(await readdir(folder)).toEqual([])
})

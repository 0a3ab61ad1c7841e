import {expect, test} from 'vitest'
import {QuantizationReport} from '../../../src/pipeline/quantize/quantization-report.js'
import {drawCharts} from '../../../src/pipeline/reports/charts/draw-charts.js'
import {sensitivityChart} from '../../../src/pipeline/reports/charts/sensitivity.js'
import {quantizationMarkdown} from '../../../src/pipeline/reports/quantization-markdown.js'
import {quantizationReport} from '../../support/quantization-report.js'
import {readXml} from './read-xml.js'

/** The cells of the row that begins so. */
const rowOf = (markdown: string, title: string) =>
  markdown
    .split('\n')
    .find(line => line.startsWith(`| ${title}`))
    ?.split('|')
    .map(cell => cell.trim())
    .slice(1, -1)

test('the schema takes what is shown here, and nothing besides', () => {
  expect(QuantizationReport.parse(quantizationReport())).toEqual(quantizationReport())
  expect(QuantizationReport.safeParse({...quantizationReport(), other: 1}).success).toBe(false)
})

test.each([
  ['Size of the ONNX files', ['40.00 MB', '12.00 MB', '× 0.30']],
  ['Time to load', ['200 ms (190 ms – 250 ms)', '200 ms (190 ms – 250 ms)', '× 1.00']],
  ['Latency of encoder', ['100 ms (90.0 ms – 120 ms)', '50.0 ms (90.0 ms – 120 ms)', '× 0.50']],
  ['RTFx', ['10.0', '25.0', '× 2.50']],
  ['WER', ['7.00 % (6.00 % – 8.00 %)', '7.10 % (6.00 % – 8.00 %)', '+0.10 points']],
  ['Word errors', ['70 of 1,000', '71 of 1,000', '+1']],
])('before and after stand side by side: %s', (title, cells) => {
  expect(rowOf(quantizationMarkdown(quantizationReport()), title)?.slice(1)).toEqual(cells)
})

test('it says what was kept in float, and why', () => {
  const markdown = quantizationMarkdown(quantizationReport())
  expect(markdown).toContain('The most sensitive of 3 groups stays in float')
  expect(markdown).toContain('- `/layers.2` of `encoder_model`: 1 node, relative RMS error 4.00 %')
  expect(rowOf(markdown, '0 of 3')).toEqual(['0 of 3', '9.00 %', '+2.00 points', 'no', '10.00 MB', '26.0'])
  expect(rowOf(markdown, '1 of 3')?.at(-1)).toBe('not measured')
  expect(rowOf(markdown, '1 | `encoder_model` | `/layers.2`')?.at(-1)).toBe('kept in float')
  expect(rowOf(markdown, '2 | `encoder_model` | `/layers.0`')?.at(-1)).toBe('quantized')
})

test('what was not measured is said to be so, and is no zero', () => {
  const {accuracy: _, speed: __, ...source} = quantizationReport().source
  const unmeasured = [{figure: 'RTFx', reason: 'no data were given to evaluate on'}]
  const markdown = quantizationMarkdown(quantizationReport({source: {...source, unmeasured}, search: null}))
  expect(rowOf(markdown, 'RTFx')).toEqual(['RTFx, seconds of audio per second', 'not measured', '25.0', ''])
  expect(markdown).toContain('- RTFx: no data were given to evaluate on.')
  expect(markdown).not.toContain('## Kept in float')
})

test('nothing of the data is taken for markup', () => {
  const name = '<script>alert(1)</script> | x'
  const markdown = quantizationMarkdown(quantizationReport({name, warnings: [name], options: {'```': '\u202e'}}))
  const [text = '', options = ''] = markdown.split('## Options')
  expect(text).not.toContain('<script>')
  expect(text).toContain('- &lt;script&gt;alert(1)&lt;/script&gt; &#124; x')
  // The fence is longer than any in it.
  expect(options).toMatch(/^````json$[\s\S]*^````$/m)
  expect(options).not.toContain('\u202e')
})

test('the chart shows every layer, and which were kept', async () => {
  const plan = sensitivityChart(quantizationReport())
  if (plan === undefined) throw new Error('there is no chart')
  expect(plan.alternative).toContain('from 4.00 % (/layers.2) to 1.00 %')
  const [chart] = await drawCharts([plan])
  const svg = chart?.svg ?? ''
  expect(() => readXml(svg.slice(svg.indexOf('<svg')))).not.toThrow()
  for (const text of ['/layers.0', '/layers.1', '/layers.2', 'kept in float', 'quantized']) expect(svg).toContain(text)
})

test('of fewer than two layers there is no chart', () => {
  expect(
    sensitivityChart(quantizationReport({sensitivity: quantizationReport().sensitivity.slice(0, 1)})),
  ).toBeUndefined()
})

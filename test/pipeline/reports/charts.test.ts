import {expect, test} from 'vitest'
import {drawCharts} from '../../../src/pipeline/reports/charts/draw-charts.js'
import {planCharts} from '../../../src/pipeline/reports/charts/plan-charts.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {readXml, type XmlElement} from './read-xml.js'

test('a full report has four charts, and each says in words what it shows', () => {
  expect(planCharts(exampleReport()).map(({name, alternative}) => [name, alternative])).toEqual([
    ['wer-by-speaker', 'WER by speaker: from 6.25 % to 63.64 %; 26.19 % over all.'],
    ['wer-by-length', 'WER by length of the utterance: from 13.04 % to 42.11 %; 26.19 % over all.'],
    [
      'errors-by-length',
      'Kinds of errors by length of the utterance; over all: substitutions 4.76 %, deletions 14.29 %, insertions 7.14 %.',
    ],
    ['latency', 'Distribution of the latency of 5 utterances: p50 0.420 s, p90 0.710 s, p99 0.788 s.'],
  ])
})

test('there is no chart of what there is nothing of', () => {
  const report = exampleReport({
    breakdowns: [],
    speed: null,
    words: {hits: 0, substitutions: 0, deletions: 0, insertions: 0},
  })
  expect(planCharts(report)).toEqual([])
})

test('of many speakers the worst are shown', async () => {
  const [speakers] = exampleReport().breakdowns
  const [group] = speakers!.groups
  const groups = Array.from({length: 75}, (_, index) => ({...group!, value: `s${index}`, wer: index / 100}))
  const [chart] = await drawCharts(planCharts(exampleReport({breakdowns: [{by: 'speaker', groups}]})))
  const texts = textsOf(chart!.svg)
  expect(texts).toContain('WER by speaker, the worst 40 of 75')
  expect(texts.filter(text => /^s\d+ \(/.test(text))).toHaveLength(40)
  expect(texts).toContain('s74 (2)')
  expect(texts).not.toContain('s34 (2)')
})

test('the same report gives the same bytes', async () => {
  const draw = async () => (await drawCharts(planCharts(exampleReport()))).map(({svg}) => svg)
  expect(await draw()).toEqual(await draw())
})

test('speakers with one name when cut stay apart', async () => {
  const [speakers] = exampleReport().breakdowns
  const groups = ['x', 'y', 'z'].map((end, index) => ({...speakers!.groups[index]!, value: 'n'.repeat(80) + end}))
  const [chart] = await drawCharts(planCharts(exampleReport({breakdowns: [{by: 'speaker', groups}]})))
  const cut = `${'n'.repeat(23)}…`
  expect(textsOf(chart!.svg)).toEqual(expect.arrayContaining([`${cut} (2)`, `${cut} #2 (2)`, `${cut} #3 (2)`]))
})

test('whatever stands in the data, a chart is XML with nothing active in it', async () => {
  const [speakers] = exampleReport().breakdowns
  const groups = HOSTILE_TEXTS.map(value => ({...speakers!.groups[0]!, value}))
  const report = exampleReport({
    breakdowns: [
      {by: 'speaker', groups},
      {by: 'length', groups},
    ],
  })
  const charts = await drawCharts(planCharts(report))
  expect(charts).toHaveLength(4)
  for (const {svg} of charts) {
    const names = new Set(elementsOf(readXml(svg)).map(({name}) => name))
    expect([...names].filter(name => !/^(svg|g|rect|path|line|text)$/.test(name))).toEqual([])
    expect(svg.replaceAll(/"[^"]*"|>[^<]*</g, '')).not.toMatch(/\son\w+|href|style/)
    expect(svg).not.toMatch(/[\u200B\u2028-\u202E\u2066-\u2069]/)
  }
})

const textsOf = (svg: string): string[] =>
  elementsOf(readXml(svg))
    .filter(({name}) => name === 'text')
    .map(({text}) => text)

const elementsOf = (root: XmlElement): XmlElement[] => [root, ...root.children.flatMap(elementsOf)]

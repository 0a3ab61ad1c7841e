import {spawnSync} from 'node:child_process'
import {describe, expect, test} from 'vitest'
import {junitReport} from '../../../src/pipeline/reports/junit-report.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {hostileReport} from './hostile-report.js'
import {readXml} from './read-xml.js'

test('every gate is a test case, and a failed one says why', () => {
  const {children} = readXml(junitReport(exampleReport())).children[0]!
  const cases = children.filter(({name}) => name === 'testcase')
  expect(cases.map(({attributes, children}) => [attributes.name, children.map(({text}) => text)])).toEqual([
    ['max-wer', ['WER is 26.19 %, over the limit of 20.00 % by 6.19 points.']],
    ['max-repeated', []],
  ])
})

test('counts, time and measures stand where readers of JUnit look', () => {
  const suites = readXml(junitReport(exampleReport()))
  const suite = suites.children[0]!
  expect(suites.attributes).toMatchObject({tests: '2', failures: '1', time: '3.000'})
  expect(suite.attributes).toMatchObject({name: 'whisper-nano on samples', timestamp: '2026-01-02T03:04:05'})
  const properties = Object.fromEntries(
    suite.children[0]!.children.map(({attributes}) => [attributes.name, attributes.value]),
  )
  expect(properties).toMatchObject({wer: String(11 / 42), utterances: '6', model: 'whisper-nano', rtfx: '7.625'})
})

test('without gates there is one test that passed', () => {
  const [suite] = readXml(junitReport(exampleReport({gates: []}))).children
  const cases = suite!.children.filter(({name}) => name === 'testcase')
  expect(cases.map(({attributes, children}) => [attributes.name, children.length])).toEqual([['evaluated', 0]])
})

test('what was not measured has no property', () => {
  const xml = junitReport(exampleReport({wer: null, speed: null, model: null, intervals: {wer: null, cer: null}}))
  expect(xml).not.toMatch(/null|undefined|"wer"|"rtfx"/)
})

describe('whatever stands in the data, it is XML', () => {
  const hasXmllint = spawnSync('xmllint', ['--version']).status === 0
  test.each(HOSTILE_TEXTS.map(text => [text.slice(0, 30), text] as const))('%j', (_, text) => {
    const xml = junitReport(hostileReport(text))
    expect(readXml(xml).children[0]!.children).toHaveLength(3)
    if (!hasXmllint) return
    const {status, stderr} = spawnSync('xmllint', ['--noout', '--nonet', '-'], {input: xml, encoding: 'utf8'})
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})

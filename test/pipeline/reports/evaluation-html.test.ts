import {createHash} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import {drawCharts} from '../../../src/pipeline/reports/charts/draw-charts.js'
import {planCharts} from '../../../src/pipeline/reports/charts/plan-charts.js'
import {evaluationHtml} from '../../../src/pipeline/reports/evaluation-html.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {hostileReport} from './hostile-report.js'

const FOLDER = '/reports/nightly'

test('everything that a reader looks for is there', () => {
  const html = evaluationHtml(exampleReport(), {folder: FOLDER})
  const headings = [...html.matchAll(/<h2>(.*)<\/h2>/g)].map(([, title]) => title)
  expect(headings).toEqual([
    'Gates',
    'Warnings',
    'Data',
    'By speaker',
    'By length',
    'By accent',
    'Errors',
    'Signs of collapse',
    'Worst utterances',
    'Failures',
    'Utterances',
    'Environment',
    'Again',
  ])
  expect(html).toContain('26.19 %')
  expect(html).toContain('95 % interval 9.17 % – 54.55 % (bootstrap over 3 speakers)')
  expect(html).toContain('lingulu evaluate samples --model whisper-nano')
})

test('only its own script and style may run: the policy has their hashes, and nothing is inline elsewhere', () => {
  const html = evaluationHtml(exampleReport(), {folder: FOLDER})
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? []
  for (const element of ['script', 'style']) {
    const bodies = [...html.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g'))].map(
      ([, body]) => body ?? '',
    )
    expect(bodies).toHaveLength(1)
    const hash = createHash('sha256').update(bodies[0]!).digest('base64')
    expect(policy).toContain(`${element}-src 'sha256-${hash}'`)
  }
  expect(policy).toContain("default-src 'none'")
  expect(html).not.toMatch(/ on\w+="| style="/)
})

test('nothing is fetched from elsewhere', async () => {
  const charts = await drawCharts(planCharts(exampleReport()))
  const html = evaluationHtml(exampleReport(), {charts, folder: FOLDER})
  const sources = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url = '']) => url)
  expect(sources).toHaveLength(6)
  for (const url of sources) expect(url).toMatch(/^(?:data:image\/svg\+xml;base64,|(?:\.\.\/)*[\w%./-]+$)/)
})

describe('recordings are played from where they are', () => {
  test.each([
    ['/reports/nightly/audio/a b.flac', 'audio/a%20b.flac'],
    ['/data/x#1?.wav', '../../data/x%231%3F.wav'],
    ['/data/"><b>.wav', '../../data/%22%3E%3Cb%3E.wav'],
  ])('%s', (audio, url) => {
    const worst = exampleReport()
      .worst.slice(0, 1)
      .map(record => ({...record, audio}))
    const html = evaluationHtml(exampleReport({worst}), {folder: FOLDER})
    expect(html).toContain(`<audio controls preload="none" src="${url}"></audio>`)
  })

  test('but not from the network', () => {
    const worst = exampleReport().worst.map(record => ({...record, audio: 'https://example.org/a.wav'}))
    expect(evaluationHtml(exampleReport({worst}), {folder: FOLDER})).not.toContain('<audio')
  })
})

test('reference and hypothesis stand one above the other, with the letter of the error', () => {
  const html = evaluationHtml(exampleReport(), {folder: FOLDER})
  const step = (kind: string, name: string, reference: string, hypothesis: string): string =>
    `<div class="step ${kind}" title="${name}"><span>${reference}</span><span>${hypothesis}</span><b>${kind}</b></div>`
  expect(html).toContain(step('S', 'substitution', '<bdi>red</bdi>', '<bdi>read</bdi>'))
  expect(html).toContain(step('D', 'deletion', '<bdi>lanterns</bdi>', ''))
  expect(html).toContain(step('I', 'insertion', '', '<bdi>yesterday</bdi>'))
})

test.each([
  ['שלום', ' dir="rtl"'],
  ['123 سلام', ' dir="rtl"'],
  ['kettle שלום', ''],
])('the words of %s run as they are read', (text, direction) => {
  const record = {id: 'a', wer: 0, errors: 0, reference: text.split(' '), hypothesis: text.split(' ')}
  const worst = [{...record, operations: '='.repeat(record.reference.length)}]
  expect(evaluationHtml(exampleReport({worst}), {folder: FOLDER})).toContain(`<div class="alignment"${direction}>`)
})

test('without texts the columns of texts are not there', () => {
  const bare = exampleReport().scores.map(({referenceText, hypothesisText, ...score}) => score)
  const html = evaluationHtml(exampleReport({scores: bare}), {folder: FOLDER})
  expect(html).not.toContain('gardener')
  expect(html).not.toContain('<th scope="col">Hypothesis</th>\n')
  const head = /<table id="utterances"[\s\S]*?<\/thead>/.exec(html)?.[0]
  expect(head).not.toMatch(/Reference|Hypothesis/)
})

test('so many utterances that a browser would suffer are cut and counted', () => {
  const [score] = exampleReport().scores
  const html = evaluationHtml(exampleReport({scores: Array.from({length: 10_012}, () => score!)}), {folder: FOLDER})
  expect(html).toContain('… and 12 more: the JSON has them all.')
})

describe('whatever stands in the data', () => {
  const shape = tagsOf(evaluationHtml(hostileReport('plain'), {folder: FOLDER}))
  // Players are there or not, and emptiness is shown in another way.
  test.each(HOSTILE_TEXTS.filter(text => text !== '').map(text => [text.slice(0, 30), text] as const))(
    '%j adds no element and no attribute',
    (_, text) => {
      const html = evaluationHtml(hostileReport(text), {folder: FOLDER})
      expect(tagsOf(html)).toEqual(shape)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(html).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B\u2028-\u202E\u2066-\u2069]|\p{Cs}/u)
    },
  )
})

/** Every tag with the names of its attributes, but players; everything else must be free of `<`. */
function tagsOf(html: string): string[] {
  const body = html.slice(html.indexOf('<main>'), html.indexOf('</main>'))
  const tags = [...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""').replace(' dir=""', ''))
  expect(body.replaceAll(/<\/?\w+(?:\s[\w-]+(?:="[^"<>]*")?)*>/g, '')).not.toMatch(/[<>]/)
  return tags.filter(tag => !tag.includes('audio'))
}

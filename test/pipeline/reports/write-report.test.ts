import {chmod, link, mkdir, readdir, readFile, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {EvaluationReport} from '../../../src/pipeline/evaluation/evaluation-report.js'
import {checkTargets} from '../../../src/pipeline/reports/check-targets.js'
import {writeReports} from '../../../src/pipeline/reports/write-report.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {readTree, temporaryFolder} from '../transcripts/temporary-folder.js'

const CHARTS = ['errors-by-length.svg', 'latency.svg', 'wer-by-length.svg', 'wer-by-speaker.svg']

test('a Markdown report has its JSON and its charts beside it', async () => {
  const folder = await temporaryFolder()
  const written = await writeReports(exampleReport(), {report: join(folder, 'reports/my run.md')})
  const files = await readTree(folder)
  expect(Object.keys(files)).toEqual([
    ...CHARTS.map(name => `reports/my run.assets/${name}`),
    'reports/my run.json',
    'reports/my run.md',
  ])
  expect([...written].sort()).toEqual(Object.keys(files).map(name => join(folder, name)))
  const images = [...(files['reports/my run.md'] ?? '').matchAll(/^!\[.*\]\((.*)\)$/gm)].map(([, url = '']) => url)
  expect(images.sort()).toEqual(CHARTS.map(name => `my%20run.assets/${name}`))
  for (const url of images) expect(files[`reports/${decodeURIComponent(url)}`]).toContain('<svg ')
})

test('the JSON is the report, each utterance on a line', async () => {
  const folder = await temporaryFolder()
  await writeReports(exampleReport(), {report: join(folder, 'a.json')})
  expect(await readdir(folder)).toEqual(['a.json'])
  const json = await readFile(join(folder, 'a.json'), 'utf8')
  expect(EvaluationReport.parse(JSON.parse(json))).toEqual(exampleReport())
  expect(json.match(/^ {4}\{"id":"\w+-\d",.*\},?$/gm)).toHaveLength(6)
})

test('HTML and JUnit go where they are asked for, with or without a report', async () => {
  const folder = await temporaryFolder()
  await writeReports(exampleReport(), {html: join(folder, 'page.html'), junit: join(folder, 'x/gates.xml')})
  const files = await readTree(folder)
  expect(Object.keys(files)).toEqual(['page.html', 'x/gates.xml'])
  expect(files['page.html']?.match(/<img alt="[^"]+" src="data:/g)).toHaveLength(4)
})

test('without charts none are drawn', async () => {
  const folder = await temporaryFolder()
  await writeReports(exampleReport(), {report: join(folder, 'a.md'), charts: false})
  const files = await readTree(folder)
  expect(Object.keys(files)).toEqual(['a.json', 'a.md'])
  expect(files['a.md']).not.toContain('Charts')
})

test('an earlier report is replaced, and its charts that are no more go', async () => {
  const folder = await temporaryFolder()
  const targets = {report: join(folder, 'a.md'), html: join(folder, 'a.html'), junit: join(folder, 'a.xml')}
  await writeReports(exampleReport({name: 'evening run'}), targets)
  await writeFile(join(folder, 'a.assets/mine.svg'), '<svg/>')
  await writeReports(exampleReport({name: 'morning run', speed: null}), targets)
  const files = await readTree(folder)
  expect(Object.keys(files)).not.toContain('a.assets/latency.svg')
  expect(Object.keys(files)).toEqual(expect.arrayContaining(['a.assets/mine.svg', 'a.assets/wer-by-speaker.svg']))
  for (const name of ['a.md', 'a.json', 'a.html', 'a.xml']) {
    expect(files[name]).toContain('morning run')
    expect(files[name]).not.toContain('evening run')
  }
})

describe('what is no earlier report is kept', () => {
  const cases = [
    ['notes in Markdown', 'a.md', '# Notes\n'],
    ['the marker deep in a text', 'a.md', `# Notes\n\n\n<!-- lingulu evaluation -->\n`],
    ['JSON of another kind', 'a.json', '{"type": "package"}'],
    ['broken JSON', 'a.json', '{"type": "evaluation"'],
    ['a page', 'a.html', '<!doctype html>\n<title>Mine</title>'],
    ['XML', 'a.xml', '<?xml version="1.0"?>\n<mine/>'],
    ['a picture', 'a.assets/latency.svg', '<svg/>'],
  ] as const
  const targetsIn = (folder: string) => ({
    report: join(folder, 'a.md'),
    html: join(folder, 'a.html'),
    junit: join(folder, 'a.xml'),
    charts: false,
  })

  test.each(cases)('%s', async (_, name, content) => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'a.assets'))
    await writeFile(join(folder, name), content)
    await expect(writeReports(exampleReport(), targetsIn(folder))).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      message: expect.stringContaining(join(folder, name)),
      hint: expect.stringContaining('--force'),
    })
    expect(await readTree(folder)).toEqual({[name]: content})
  })

  test.each(cases.slice(0, -1))('%s, but not with force', async (_, name, content) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, name), content)
    await writeReports(exampleReport(), {...targetsIn(folder), force: true})
    expect((await readTree(folder))[name]).not.toBe(content)
  })

  test('a picture that this report has no chart for stays even with force', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'a.assets'))
    await writeFile(join(folder, 'a.assets/latency.svg'), '<svg/>')
    await writeReports(exampleReport(), {...targetsIn(folder), force: true})
    expect(await readTree(folder)).toMatchObject({'a.assets/latency.svg': '<svg/>'})
  })

  test('a folder, also with force', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'a.md'))
    await expect(checkTargets({...targetsIn(folder), force: true})).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
  })

  test('an empty file is nothing to keep', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'a.md'), '')
    await expect(checkTargets(targetsIn(folder))).resolves.toMatchObject({markdown: join(folder, 'a.md')})
  })
})

describe('the baseline and the hypotheses are never replaced', () => {
  const what = 'the baseline'
  test.each([
    ['by its name', async () => 'baseline.json'],
    ['by a name that differs in case only', async () => 'Baseline.json'],
    [
      'through a link',
      async (folder: string) => {
        await symlink('baseline.json', join(folder, 'link.json'))
        return 'link.json'
      },
    ],
    [
      'as the same file under another name',
      async (folder: string) => {
        await link(join(folder, 'baseline.json'), join(folder, 'hard.json'))
        return 'hard.json'
      },
    ],
    ['as the JSON of a Markdown report', async () => 'baseline.md'],
  ])('%s', async (_, prepare) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'baseline.json')
    await writeReports(exampleReport(), {report: path})
    const report = join(folder, await prepare(folder))
    await expect(checkTargets({report, force: true, keep: [{path, what}]})).rejects.toMatchObject({
      code: 'OUTPUT_COLLISION',
      message: expect.stringContaining('would replace the baseline'),
    })
  })
})

test.each([
  [{report: 'a.md', junit: 'a.md'}],
  [{report: 'a.md', html: 'A.json'}],
  [{html: 'a.x', junit: './b/../a.x'}],
])('two outputs in one place are refused: %j', async targets => {
  const folder = await temporaryFolder()
  const absolute = Object.fromEntries(Object.entries(targets).map(([key, name]) => [key, join(folder, name)]))
  await expect(checkTargets(absolute)).rejects.toMatchObject({code: 'OUTPUT_COLLISION'})
})

test.each(['report.txt', 'report', 'report.md.bak'])('%s is no name for a report', async report => {
  await expect(checkTargets({report})).rejects.toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('.md'),
  })
})

describe('a place that cannot be written to is found before the work', () => {
  test('a file where a folder is needed', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'file'), 'x')
    await expect(checkTargets({report: join(folder, 'file/deep/a.md')})).rejects.toMatchObject({code: 'OUTPUT_FAILED'})
  })

  test.skipIf(process.getuid?.() === 0)('a folder without permission', async () => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o500)
    await expect(checkTargets({report: join(folder, 'new/a.md')})).rejects.toMatchObject({code: 'OUTPUT_FAILED'})
  })
})

test('an aborted write leaves nothing', async () => {
  const folder = await temporaryFolder()
  const failure = writeReports(exampleReport(), {report: join(folder, 'a.md')}, AbortSignal.abort())
  await expect(failure).rejects.toThrow()
  expect(await readTree(folder)).toEqual({})
})

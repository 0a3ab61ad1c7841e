import {cp, mkdir, readdir, readFile, rm, truncate, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {EvaluationReport} from '../../src/pipeline/evaluation/evaluation-report.js'
import {atomModel} from '../support/atom-models.js'
import {evaluate, untimed, writeToneSet} from '../support/evaluate.js'
import {suiteFolder, transcribe} from '../support/lingulu.js'

const folder = suiteFolder()
const ctc = atomModel('ctc-atom')
const whisper = atomModel('whisper-atom.en')
const COUNT = 12

/** Of these, the model gets one word wrong and misses one. */
let manifest: string
/** The hypotheses of a run over it, and its report. */
let stored: string
let report: EvaluationReport

beforeAll(async () => {
  manifest = await writeToneSet(join(folder, 'set'), COUNT, ({text}, index) => ({
    text: index === 4 ? 'mellow' : index === 5 ? `${text} bell` : text,
  }))
  const name = join(folder, 'base/run.md')
  const {report: parse, exitCode, stderr} = await evaluate(manifest, '-m', ctc, '--json', '--report', name)
  expect({exitCode, stderr}).toMatchObject({exitCode: 0})
  report = parse()
  stored = join(folder, 'base/run.hyps.jsonl')
})

describe('a report', () => {
  test('has the error rates at the top, what was counted, and everything that tells where it comes from', () => {
    // 13 words, one substituted and one deleted.
    expect(report).toMatchObject({
      type: 'evaluation',
      wer: 2 / 13,
      words: {hits: 11, substitutions: 1, deletions: 1, insertions: 0},
      utterances: {total: COUNT, scored: COUNT, correct: COUNT - 2, failed: 0, missing: 0, emptyHypotheses: 0},
      sentenceAccuracy: (COUNT - 2) / COUNT,
      model: {name: 'ctc-atom', precision: 'fp32', provider: 'cpu'},
      normalizer: {name: 'english'},
      dataset: {subset: null, layout: 'table'},
      options: {decoder: 'auto', prepare: {channel: 'mix'}},
      environment: {node: process.versions.node, device: 'cpu', onnxruntime: '1.30.0'},
      gates: [{gate: 'missing-utterances', passed: true}],
    })
    expect(report.cer).toBeGreaterThan(0)
    expect(report.intervals.wer).toMatchObject({by: 'speaker', units: 3})
    expect(report.breakdowns.map(({by}) => by)).toEqual(['speaker', 'length'])
    expect(report.worst[0]).toMatchObject({reference: ['mellow'], hypothesis: ['high'], operations: 'S'})
    expect(report.scores.map(({id}) => id)).toEqual([...report.scores.map(({id}) => id)].sort())
    expect(report.command).toMatch(/^lingulu evaluate \S+manifest\.csv -m \S+ctc-atom --json --report \S+run\.md$/)
    const {speed} = report
    expect(speed?.audioSeconds).toBeCloseTo(6 * 3 + 6 * 3.25, 3)
    expect(speed?.rtfx).toBeCloseTo((speed?.audioSeconds ?? 0) / (speed?.wallSeconds ?? 1), 9)
    expect(speed?.latencySeconds?.count).toBe(COUNT)
  })

  test('stands beside its hypotheses, each as the model wrote it', async () => {
    expect((await readdir(join(folder, 'base'))).sort()).toEqual(
      expect.arrayContaining(['run.hyps.jsonl', 'run.json', 'run.md']),
    )
    expect(EvaluationReport.parse(JSON.parse(await readFile(join(folder, 'base/run.json'), 'utf8')))).toEqual(report)
    const lines = (await readFile(stored, 'utf8'))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(({type}) => type)).toEqual(['header', 'part', ...Array(COUNT).fill('hypothesis'), 'end'])
    expect(lines.find(({id}) => id === 'u000')).toMatchObject({status: 'ok', text: 'LOW', durationSeconds: 3})
  })

  test('without --json is a few lines on stdout; --worst shows the alignments', async () => {
    const {stdout, exitCode} = await evaluate(manifest, '--from', stored, '--worst', '1')
    expect(stdout).toMatch(
      /^ctc-atom on set\/manifest\nWER {3}15\.38 % {3}95 % interval .* \(bootstrap over 3 speakers\)\n/,
    )
    expect(stdout).toMatch(/S 1, D 1, I 0; 2 errors in 13 words; 10 of 12 utterances without an error/)
    expect(stdout).toMatch(/\nu004: WER 100\.00 %\nREF: +mellow\n/i)
    expect(exitCode).toBe(0)
  })

  test('can leave the texts out', async () => {
    const {report: parse} = await evaluate(manifest, '--from', stored, '--no-texts', '--json')
    expect(JSON.stringify(parse().scores)).not.toMatch(/referenceText|hypothesisText|HIGH/)
    expect(parse().scores[4]?.operations).toBe('S')
  })

  test('breaks down by columns of the data set, and says which there are', async () => {
    const {report: parse} = await evaluate(manifest, '--from', stored, '--by', 'accent', '--by', 'speaker', '--json')
    expect(parse().breakdowns.map(({by, groups}) => [by, groups.length])).toEqual([
      ['accent', 2],
      ['speaker', 3],
    ])
    const {stderr, exitCode} = await evaluate(manifest, '-m', ctc, '--by', 'acent')
    expect(stderr).toMatch(/Error: --by acent: .* has no such column\.\n {2}→ Did you mean accent\?/)
    expect(exitCode).toBe(2)
  })
})

describe('Whisper', () => {
  test('is evaluated with its own options, of which the report tells', async () => {
    const argv = [manifest, '-m', whisper, '--json', '--subset', '3', '--beam-size', 'none', '--normalizer', 'basic']
    const {report: parse, exitCode} = await evaluate(...argv)
    expect(exitCode).toBe(0)
    expect(parse()).toMatchObject({
      model: {name: 'whisper-atom.en'},
      options: {beamSize: null},
      normalizer: {name: 'basic'},
      dataset: {subset: {utterances: 3, seed: 1, of: COUNT}},
      utterances: {total: 3},
    })
    expect(new Set(parse().scores.map(({speaker}) => speaker)).size).toBe(3)
  })

  test('honours the language of each recording, and refuses those it does not know before it is opened', async () => {
    const set = join(folder, 'languages.csv')
    await writeFile(set, `id,audio,text,language\na,${join(folder, 'set/u000.wav')},low,xx\n`)
    const {stderr, exitCode} = await evaluate(set, '-m', whisper)
    expect(stderr).toMatch(/Error: languages that Whisper does not know\n {2}"xx"/)
    expect(exitCode).toBe(2)
  })
})

describe('a data set with errors', () => {
  test('is told with every line at once, before a model is looked for', async () => {
    const set = join(folder, 'broken.csv')
    const rows = ['id,audio,text', 'a,set/u000.wav,low', 'a,set/u001.wav,deep', 'b,set/gone.wav,x', 'c,set/u002.wav']
    await writeFile(set, `${rows.join('\n')}\n`)
    const {stdout, stderr, exitCode} = await evaluate(set, '-m', 'no-such-model')
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 2})
    expect(stderr).toMatch(/broken\.csv, line 3: .*"a" again/)
    expect(stderr).toMatch(/broken\.csv, line 4: .*gone\.wav/)
    expect(stderr).toMatch(/broken\.csv, line 5: /)
    expect(stderr).not.toMatch(/no-such-model/)
  })

  test('that is not there is an error of usage', async () => {
    const {stderr, exitCode} = await evaluate(join(folder, 'nowhere.csv'), '-m', ctc)
    expect(stderr).toMatch(/^Error: .*nowhere\.csv/)
    expect(exitCode).toBe(2)
  })

  test('whose recordings are broken: they count as empty, are listed, exit code 3', async () => {
    const set = join(folder, 'damaged')
    await cp(join(folder, 'set'), set, {recursive: true})
    await writeFile(join(set, 'u001.wav'), 'Dear diary, this is no sound.\n'.repeat(20))
    await truncate(join(set, 'u002.wav'), 0)
    const {report: parse, exitCode, stderr} = await evaluate(join(set, 'manifest.csv'), '-m', ctc, '--json')
    expect(exitCode).toBe(3)
    const found = parse()
    expect(found.utterances).toMatchObject({total: COUNT, scored: COUNT - 2, failed: 2, missing: 0, emptyHypotheses: 2})
    expect(found.words).toMatchObject({deletions: 3})
    expect(found.failures.map(({id, error}) => [id, error.code])).toEqual([
      ['u001', 'AUDIO_UNSUPPORTED'],
      ['u002', 'AUDIO_EMPTY'],
    ])
    expect(stderr).toMatch(/✗ u001: .*u001\.wav is not audio: it is text/)
    const gated = await evaluate(join(set, 'manifest.csv'), '-m', ctc, '--max-wer', '1%', '-q')
    expect(gated.exitCode).toBe(4)
    const baseline = join(folder, 'unsound.json')
    await evaluate(join(set, 'manifest.csv'), '-m', ctc, '-q', '--baseline', baseline, '--update-baseline')
    await expect(readFile(baseline)).rejects.toThrow('ENOENT')
  })
})

describe('gates', () => {
  test('that fail end with exit code 4 and a sentence each, whatever is printed', async () => {
    const argv = [manifest, '--from', stored, '--max-wer', '10%', '--max-cer', '0.5', '--min-samples', '13']
    for (const more of [[], ['--json'], ['-q', '--json']]) {
      const {stderr, exitCode} = await evaluate(...argv, ...more)
      expect(exitCode).toBe(4)
      expect(stderr).toMatch(/Gate failed: WER 15\.38 % is above --max-wer 10 % by 5\.38 points\./)
      expect(stderr.match(/Gate failed: /g)).toHaveLength(2)
    }
  })

  test('that pass end with exit code 0', async () => {
    const {report: parse, exitCode} = await evaluate(manifest, '--from', stored, '--max-wer', '16%', '--json')
    expect(exitCode).toBe(0)
    expect(parse().gates).toContainEqual(expect.objectContaining({gate: 'max-wer', passed: true}))
  })

  test('measure against a baseline, which must have been asked the same', async () => {
    const baseline = join(folder, 'base/run.json')
    const argv = [manifest, '--from', stored, '--baseline', baseline, '--max-regression', '0.2']
    expect((await evaluate(...argv)).exitCode).toBe(0)
    const other = await evaluate(...argv, '--normalizer', 'none')
    expect(other.stderr).toMatch(/cannot be compared with this run: the normalizer is none/)
    expect(other.exitCode).toBe(2)
  })

  test('--update-baseline makes the baseline, keeps it fresh, and leaves it where a gate fails', async () => {
    const baseline = join(folder, 'kept/baseline.json')
    const argv = [manifest, '--from', stored, '--baseline', baseline, '--update-baseline']
    expect((await evaluate(...argv, '--max-regression', '1%')).exitCode).toBe(0)
    const first = await readFile(baseline, 'utf8')
    expect(JSON.parse(first)).toMatchObject({wer: 2 / 13})
    expect((await evaluate(...argv, '--max-wer', '1%')).exitCode).toBe(4)
    expect(await readFile(baseline, 'utf8')).toBe(first)
    expect((await evaluate(...argv, '--name', 'second')).exitCode).toBe(0)
    expect(JSON.parse(await readFile(baseline, 'utf8'))).toMatchObject({name: 'second'})
  })
})

describe('--from', () => {
  test('gives the same numbers without recordings and without a model', async () => {
    const texts = join(folder, 'texts')
    await mkdir(texts)
    await cp(manifest, join(texts, 'manifest.csv'))
    const {report: parse} = await evaluate(join(texts, 'manifest.csv'), '--from', stored, '--json')
    const {wer, cer, words, utterances, intervals, model, speed} = parse()
    expect({wer, cer, words, utterances, intervals, model}).toEqual({
      wer: report.wer,
      cer: report.cer,
      words: report.words,
      utterances: report.utterances,
      intervals: report.intervals,
      model: report.model,
    })
    expect(speed).toEqual(report.speed)
  })

  test('takes what transcribe prints', async () => {
    const lines = join(folder, 'transcribed.jsonl')
    const {stdout} = await transcribe(manifest, '-m', ctc, '--jsonl', '-q')
    await writeFile(lines, stdout)
    const {report: parse, exitCode} = await evaluate(manifest, '--from', lines, '--json')
    expect(exitCode).toBe(0)
    expect(parse()).toMatchObject({wer: report.wer, cer: report.cer, model: {name: 'ctc-atom'}, speed: null})
  })

  test('an utterance without a hypothesis counts as empty and fails a gate; an empty one is only empty', async () => {
    const lines = join(folder, 'some.jsonl')
    const heard = report.scores.map(({id}) => ({id, text: id === 'u000' ? '' : 'low'})).slice(0, -1)
    await writeFile(lines, heard.map(line => JSON.stringify(line)).join('\n'))
    const {report: parse, exitCode, stderr} = await evaluate(manifest, '--from', lines, '--json')
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/Gate failed: .*1 of 12|Gate failed: 1 /)
    expect(parse()).toMatchObject({utterances: {missing: 1, emptyHypotheses: 2}, speed: null, model: null})
    const allowed = await evaluate(manifest, '--from', lines, '--allow-missing')
    expect(allowed.exitCode).toBe(0)
  })

  test('ids of no utterance are an error, before anything is written', async () => {
    const lines = join(folder, 'others.jsonl')
    await writeFile(lines, '{"id": "x1", "text": "low"}\n')
    const {stderr, exitCode} = await evaluate(manifest, '--from', lines, '--report', join(folder, 'never.md'))
    expect(stderr).toMatch(/others\.jsonl: hypotheses that cannot be scored\n {2}line 1: "x1" is no id of the data set/)
    expect(exitCode).toBe(2)
    expect(await readdir(folder)).not.toContain('never.md')
  })
})

describe('what is read is never written over', () => {
  test.each<[string, () => string[]]>([
    ['the hypotheses', () => ['--from', stored, '--junit', stored]],
    ['the data set', () => ['--from', stored, '--html', manifest]],
    ['the data set, by the store', () => ['-m', ctc, '--hyps', manifest, '--force']],
    ['the baseline', () => baselineArgs(join(folder, 'base/run.md'))],
    [
      'the baseline, even where it is updated',
      () => [...baselineArgs(join(folder, 'base/run.md')), '--update-baseline'],
    ],
  ])('%s', async (_, argv) => {
    const before = await Promise.all([stored, manifest, join(folder, 'base/run.json')].map(path => readFile(path)))
    const {exitCode, stderr} = await evaluate(manifest, ...argv())
    expect(stderr).toMatch(/^Error: .* would replace /m)
    expect(exitCode).toBe(2)
    const after = await Promise.all([stored, manifest, join(folder, 'base/run.json')].map(path => readFile(path)))
    expect(after).toEqual(before)
  })

  const baselineArgs = (name: string) => [
    ...['--from', stored, '--report', name],
    ...['--baseline', join(folder, 'base/run.json'), '--max-regression', '1%'],
  ]
})

describe('options that mean nothing together', () => {
  test.each<[string, string[], RegExp]>([
    ['--resume and nowhere to go on', ['-m', ctc, '--resume'], /--resume without hypotheses.*\n.*--report or --hyps/],
    ['--resume and --from', ['--from', 'x.jsonl', '--resume'], /--from.*--resume|--resume.*--from/],
    ['--model and --from', ['--from', 'x.jsonl', '-m', ctc], /--from.*--model|--model.*--from/],
    ['--baseline without a gate', ['-m', ctc, '--baseline', 'x.json'], /--baseline is compared with nothing/],
    ['--max-regression without a baseline', ['-m', ctc, '--max-regression', '1'], /--max-regression needs --baseline/],
    ['--update-baseline without a baseline', ['-m', ctc, '--update-baseline'], /--update-baseline needs --baseline/],
    ['an option of Whisper for a CTC model', ['-m', ctc, '--beam-size', '2'], /CTC model, which has no --beam-size/],
    [
      'a baseline that is not there',
      ['-m', ctc, '--baseline', 'x.json', '--max-regression', '1'],
      /--baseline: x\.json/,
    ],
  ])('%s', async (_, argv, message) => {
    const {stderr, stdout, exitCode} = await evaluate(manifest, ...argv)
    expect(stderr).toMatch(message)
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 2})
  })
})

test('a finished run with --resume scores again and recognises nothing', async () => {
  const name = join(folder, 'again/run.md')
  await mkdir(join(folder, 'again'))
  await cp(stored, join(folder, 'again/run.hyps.jsonl'))
  const {report: parse, stderr} = await evaluate(manifest, '-m', ctc, '--report', name, '--resume', '--json')
  expect(stderr).toMatch(/12 utterances were recognised before, 0 are left/)
  expect(untimed(parse())).toEqual(untimed(report))
  await rm(join(folder, 'again'), {recursive: true})
})

test('in GitHub Actions, a step summary and annotations', async () => {
  const summary = join(folder, 'summary.md')
  await writeFile(summary, 'before\n')
  process.env.GITHUB_STEP_SUMMARY = summary
  try {
    const {stderr} = await evaluate(manifest, '--from', stored, '--max-wer', '1%', '--github', '-q')
    expect(stderr).toMatch(/^::error title=lingulu max-wer::WER 15\.38 %25 is above/m)
    expect(await readFile(summary, 'utf8')).toMatch(/^before\n## ❌ .*WER 15\.38 %/)
  } finally {
    delete process.env.GITHUB_STEP_SUMMARY
  }
})

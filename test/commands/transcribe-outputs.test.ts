import {cp, mkdir, readFile, stat, truncate, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {parse as parseCsv} from 'csv-parse/sync'
import {parseSync as parseSubtitles} from 'subtitle'
import {beforeAll, describe, expect, test} from 'vitest'
import {ResultRecord, RunDocument, SummaryRecord} from '../../src/pipeline/transcripts/results.js'
import {readTree} from '../pipeline/transcripts/temporary-folder.js'
import {GREEDY, sample, suiteFolder, transcribe} from '../support/lingulu.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'
import {librispeech} from '../support/speech.js'

const folder = suiteFolder()
const model = sharedData('models/whisper-nano')
const audio = join(folder, 'audio')
const run = (...argv: string[]) => transcribe('-m', model, ...GREEDY, ...argv)

/** The files that a user sees. */
async function outputs(path: string): Promise<Record<string, string>> {
  const tree = Object.entries(await readTree(path))
  return Object.fromEntries(tree.filter(([name]) => !basename(name).startsWith('.')))
}

describe.skipIf(!hasSharedData)(`lingulu transcribe with a model${needsSharedData}`, () => {
  beforeAll(async () => {
    await mkdir(join(audio, 'deep/er'), {recursive: true})
    await cp(sample('garden.wav'), join(audio, 'garden.wav'))
    await cp(sample('library.flac'), join(audio, 'deep/library.flac'))
    await cp(sample('market.mp3'), join(audio, 'deep/er/market.mp3'))
  })

  describe('on the terminal', () => {
    test('the text of one file stands on stdout, everything else on stderr', async () => {
      const {stdout, stderr, exitCode} = await run(sharedData('misc/jfk.flac'))
      expect(stdout).toMatch(/^\[00:00\.000 --> 00:1\d\.\d{3}\] And so my fellow americans ask not[^\n]*\n$/)
      expect(stderr).toMatch(/^whisper-nano fp32 on cpu/)
      expect(stderr).toMatch(/\n1 transcribed; 11\.0 s of audio in .* s \(.*x real time\)\.\n$/)
      for (const control of ['\r', '\u001B']) expect(stderr).not.toContain(control)
      expect(exitCode).toBe(0)
    })

    test('of many files, each has a heading; --quiet leaves nothing but the text', async () => {
      const {stdout, stderr, exitCode} = await run('--quiet', audio, sample('river.opus'))
      const headings = stdout.split('\n').filter(line => line.startsWith('# '))
      expect(headings.sort()).toEqual(
        [
          join(audio, 'deep/er/market.mp3'),
          join(audio, 'deep/library.flac'),
          join(audio, 'garden.wav'),
          sample('river.opus'),
        ]
          .map(name => `# ${name}`)
          .sort(),
      )
      expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
    })
  })

  describe('bad files among good ones', () => {
    const bad = join(folder, 'bad')
    beforeAll(async () => {
      await mkdir(bad)
      await cp(sample('garden.wav'), join(bad, 'a-good.wav'))
      await cp(sample('library.flac'), join(bad, 'z-good.flac'))
      await cp(sample('station.wav'), join(bad, 'cut-short.wav'))
      await truncate(join(bad, 'cut-short.wav'), 40_000)
      await cp(sample('library.flac'), join(bad, 'corrupt.flac'))
      const bytes = await readFile(join(bad, 'corrupt.flac'))
      await writeFile(join(bad, 'corrupt.flac'), Buffer.concat([bytes.subarray(0, 42), Buffer.alloc(3000, 0x55)]))
      await writeFile(join(bad, 'text.wav'), 'Dear diary, this is no sound.\n'.repeat(20))
      await writeFile(join(bad, 'empty.mp3'), '')
    })

    test('the good ones are done, the bad ones told with their reasons, exit code 3', async () => {
      const out = join(folder, 'bad-out')
      const {stdout, stderr, exitCode} = await run(bad, join(bad, 'gone.wav'), '-f', 'txt', '-o', out)
      expect(Object.keys(await outputs(out))).toEqual(['a-good.txt', 'cut-short.txt', 'z-good.txt'])
      expect(stdout).toBe('')
      expect(exitCode).toBe(3)
      expect(stderr).toContain('3 transcribed, 4 failed')
      const table = stderr.split('\n').filter(line => line.startsWith('  ✗ '))
      expect(table.sort().map(line => line.replaceAll(`${bad}/`, ''))).toEqual([
        expect.stringMatching(/^ {2}✗ corrupt\.flac /),
        expect.stringMatching(/^ {2}✗ empty\.mp3 is empty \(0 bytes\)$/),
        expect.stringMatching(/^ {2}✗ gone\.wav: no such file/),
        expect.stringMatching(/^ {2}✗ text\.wav is not audio: it is text$/),
      ])
      expect(stderr).toMatch(/Warning: .*cut-short\.wav ends after 1\.25 s of the 4\.08 s its header declares/)
    })

    test('--resume tries what has failed again, and nothing else', async () => {
      const out = join(folder, 'bad-out')
      const before = await stat(join(out, 'a-good.txt'))
      const {stderr, exitCode} = await run(bad, join(bad, 'gone.wav'), '-f', 'txt', '-o', out, '--resume')
      expect(stderr).toContain('0 transcribed, 3 done before, 4 failed')
      expect(exitCode).toBe(3)
      expect((await stat(join(out, 'a-good.txt'))).ino).toBe(before.ino)
    })

    test('where all fail, the reasons stand even on a quiet stderr', async () => {
      const files = [join(bad, 'text.wav'), join(bad, 'empty.mp3')]
      const {stdout, stderr, exitCode} = await run('-q', ...files)
      expect(stderr.split('\n').sort()).toEqual(
        ['', `  ✗ ${files[1]} is empty (0 bytes)`, `  ✗ ${files[0]} is not audio: it is text`].sort(),
      )
      expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 3})
    })

    test('--fail-fast begins nothing more; what cannot be found ends it before it begins', async () => {
      const many = [...Array(9).keys()].map(index => join(folder, `fast/${index}.wav`))
      await mkdir(join(folder, 'fast'))
      for (const path of many) await cp(sample('garden.wav'), path)
      const argv = ['--fail-fast', '--batch-size', '1', '--jsonl']
      const {lines, exitCode} = await run(...argv, join(bad, 'text.wav'), ...many)
      const summary = SummaryRecord.parse(lines().at(-1))
      expect(summary.inputs).toMatchObject({total: 10, failed: 1})
      expect(summary.inputs.ok).toBeLessThan(6)
      expect(exitCode).toBe(3)
      const gone = await run(...argv, join(bad, 'gone.wav'), ...many)
      expect(SummaryRecord.parse(gone.lines().at(-1)).inputs).toMatchObject({total: 10, failed: 1, ok: 0})
    })
  })

  describe('files', () => {
    const all = join(folder, 'all')

    test('of every format mirror the inputs, and come back through independent parsers', async () => {
      const argv = [audio, sharedData('misc/jfk.flac'), '-o', all, '--word-timestamps', '--json']
      const document = RunDocument.parse((await run(...argv)).json())
      const files = await outputs(all)
      const stems = ['deep/er/market', 'deep/library', 'garden', 'jfk']
      const names = stems.flatMap(stem =>
        ['csv', 'json', 'srt', 'tsv', 'txt', 'vtt'].map(format => `${stem}.${format}`),
      )
      expect(Object.keys(files)).toEqual(names.sort())
      for (const stem of stems) {
        const record = document.results.find(
          result => result.status === 'ok' && result.outputs.some(({path}) => path === `${stem}.txt`),
        )
        if (record?.status !== 'ok') throw new Error(`${stem} is not among the results`)
        const expected = record.segments.map(({start, end, text}) => ({
          start: Math.round(start * 1000),
          end: Math.round(end * 1000),
          text: text.trim(),
        }))
        const cues = (format: string) =>
          parseSubtitles(files[`${stem}.${format}`] ?? '').flatMap(node =>
            node.type === 'cue' ? [{start: node.data.start, end: node.data.end, text: node.data.text}] : [],
          )
        const rows = (format: string, delimiter: string) => {
          const quote = delimiter === ',' ? '"' : false
          const [, ...read]: string[][] = parseCsv(files[`${stem}.${format}`] ?? '', {delimiter, quote})
          return read.map(([start, end, text]) => ({start: Number(start), end: Number(end), text}))
        }
        expect(expected.length).toBeGreaterThan(0)
        expect(cues('srt')).toEqual(expected)
        expect(cues('vtt')).toEqual(expected)
        expect(rows('csv', ',')).toEqual(expected)
        expect(rows('tsv', '\t')).toEqual(expected)
        expect(files[`${stem}.txt`]).toBe(expected.map(({text}) => `${text}\n`).join(''))
        const whole = JSON.parse(files[`${stem}.json`] ?? '')
        expect(whole).toMatchObject({text: record.text, language: record.language})
        expect(whole.segments[0].words.map(({word}: {word: string}) => word).join('')).toBe(record.segments[0]?.text)
      }
    })

    test('that are there: an error by default, and --on-exists skip, overwrite or rename', async () => {
      const out = join(folder, 'exists')
      const once = [join(audio, 'garden.wav'), '-f', 'txt,json', '-o', out]
      await run(...once)
      const {'garden.txt': text = ''} = await outputs(out)
      const error = await run(...once)
      expect(error.stderr).toMatch(/2 outputs are there already\n {2}garden\.txt\n {2}garden\.json\n.*--on-exists/)
      expect(error.exitCode).toBe(2)

      await writeFile(join(out, 'garden.txt'), 'mine')
      const skipped = await run(...once, '--on-exists', 'skip', '--jsonl')
      expect(ResultRecord.parse(skipped.lines()[0])).toMatchObject({
        status: 'skipped',
        outputs: [
          {format: 'txt', path: 'garden.txt'},
          {format: 'json', path: 'garden.json'},
        ],
      })
      expect((await run(...once, '--on-exists', 'rename')).exitCode).toBe(0)
      expect(await outputs(out)).toMatchObject({'garden.txt': 'mine', 'garden.1.txt': text})
      expect((await run(...once, '--on-exists', 'overwrite')).exitCode).toBe(0)
      expect((await outputs(out))['garden.txt']).toBe(text)
    })

    test('of channels: left and right, and none of a mono file', async () => {
      const out = join(folder, 'split')
      const argv = [
        sharedData('diarization/stereo.flac'),
        join(audio, 'garden.wav'),
        '-f',
        'txt',
        '-o',
        out,
        '--channel',
        'split',
      ]
      const {lines, exitCode} = await run(...argv, '--jsonl')
      const files = await outputs(out)
      expect(Object.keys(files)).toEqual(['garden.txt', 'stereo.left.txt', 'stereo.right.txt'])
      expect(files['stereo.left.txt']).not.toBe(files['stereo.right.txt'])
      const channels = lines().flatMap(line => ('channel' in line ? [[line.channel, line.outputs]] : []))
      expect(channels).toEqual([
        ['left', [{format: 'txt', path: 'stereo.left.txt'}]],
        ['right', [{format: 'txt', path: 'stereo.right.txt'}]],
      ])
      expect(exitCode).toBe(0)
      const resumed = await run(...argv, '--jsonl', '--resume')
      expect(resumed.lines().at(-1)).toMatchObject({inputs: {ok: 2, resumed: 2}})
      const again = await run(...argv, '--jsonl', '--on-exists', 'skip')
      expect(
        again
          .lines()
          .slice(0, 2)
          .flatMap(({outputs}) => outputs),
      ).toEqual([
        {format: 'txt', path: 'stereo.left.txt'},
        {format: 'txt', path: 'stereo.right.txt'},
        {format: 'txt', path: 'garden.txt'},
      ])
    })

    test('of a manifest: ids, parts, channels and languages', async () => {
      const out = join(folder, 'manifest')
      const manifest = join(audio, 'list.jsonl')
      const rows = [
        {audio: 'garden.wav', id: 'speaker/one', language: 'German'},
        {audio: 'deep/library.flac', offset: 0.5, duration: 1},
        {audio: 'deep/library.flac', offset: 1.5},
        {audio: sharedData('diarization/stereo.flac'), id: 'both', channel: 'split'},
      ]
      await writeFile(manifest, rows.map(row => JSON.stringify(row)).join('\n'))
      const {json, exitCode} = await run(manifest, '-f', 'txt', '-o', out, '--json')
      expect(exitCode).toBe(0)
      const {results} = RunDocument.parse(json())
      const ok = results.flatMap(record => (record.status === 'ok' ? [record] : []))
      // In the order of the manifest, whatever was done first.
      expect(ok.map(({outputs: [first]}) => basename(first?.path ?? ''))).toEqual([
        'one.txt',
        'library.500.txt',
        'library.1500.txt',
        'both.left.txt',
        'both.right.txt',
      ])
      expect(ok[0]).toMatchObject({id: 'speaker/one', language: 'de', options: {language: 'de'}})
      expect(ok[1]).toMatchObject({
        durationSeconds: 1,
        options: {language: null, prepare: {channel: 'mix', clip: {offsetSeconds: 0.5, durationSeconds: 1}}},
      })
      expect(ok[2]?.durationSeconds).toBeCloseTo(3.039 - 1.5, 2)
      expect(ok[3]).toMatchObject({channel: 'left', options: {prepare: {channel: 'split'}}})
    })

    test('with --json-layout full: model, options, duration and doubts', async () => {
      const out = join(folder, 'full')
      await run(join(audio, 'garden.wav'), '-f', 'json', '-o', out, '--json-layout', 'full')
      const {lingulu} = JSON.parse((await outputs(out))['garden.json'] ?? '')
      expect(lingulu).toMatchObject({
        model: {name: 'whisper-nano', hash: expect.stringMatching(/^[0-9a-f]{64}$/), precision: 'fp32'},
        options: {beamSize: null, prepare: {channel: 'mix'}},
        durationSeconds: 3.342375,
        suspects: [],
      })
    })

    test('are shaped as subtitles', async () => {
      const out = join(folder, 'shaped')
      const argv = ['-f', 'srt', '-o', out, '--word-timestamps', '--max-line-width', '20', '--max-line-count', '2']
      await run(sharedData('misc/jfk.flac'), ...argv)
      const lines = parseSubtitles((await outputs(out))['jfk.srt'] ?? '').flatMap(node =>
        node.type === 'cue' ? node.data.text.split('\n') : [],
      )
      expect(lines.length).toBeGreaterThan(4)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(20)
      expect(lines.join(' ')).toMatch(/^And so my fellow americans ask not what your country can do for you/)
    })
  })

  describe('for programs', () => {
    test('--json is one document after the schema, in the order of the inputs', async () => {
      const inputs = [sharedData('misc/jfk.flac'), join(audio, 'gone.wav'), join(audio, 'garden.wav')]
      const {json, stderr, exitCode} = await run('--json', ...inputs)
      const {results, summary} = RunDocument.parse(json())
      expect(results.map(({audio: name}) => basename(name))).toEqual(['gone.wav', 'jfk.flac', 'garden.wav'])
      expect(summary).toMatchObject({
        inputs: {total: 3, ok: 2, failed: 1, skipped: 0, resumed: 0},
        model: {provider: 'cpu', name: 'whisper-nano'},
        audioSeconds: 11 + 3.342375,
        failures: [{error: {code: 'INPUT_MISSING'}}],
      })
      expect(stderr).toContain('✗')
      expect(exitCode).toBe(3)
    })

    test('--jsonl is a line for each result, the summary last', async () => {
      const {lines, exitCode} = await run('--jsonl', '-q', audio)
      const parsed = lines()
      expect(parsed.length).toBe(4)
      for (const line of parsed.slice(0, -1)) {
        expect(ResultRecord.parse(line)).toMatchObject({
          status: 'ok',
          timings: {wallSeconds: expect.any(Number), encoderSeconds: expect.any(Number)},
          rtfx: expect.any(Number),
          model: {hash: expect.stringMatching(/^[0-9a-f]{64}$/)},
        })
      }
      expect(SummaryRecord.parse(parsed.at(-1)).inputs.ok).toBe(3)
      expect(exitCode).toBe(0)
    })
  })

  test('a batch of 8 gives byte for byte what one at a time gives', async () => {
    const trees = []
    for (const size of ['1', '8']) {
      const out = join(folder, `batch-${size}`)
      const files = librispeech(16)
      expect(new Set(files.map(file => dirname(file))).size).toBeGreaterThan(1)
      const {exitCode} = await run('-f', 'json', '-o', out, '--batch-size', size, ...files)
      expect(exitCode).toBe(0)
      trees.push(await outputs(out))
    }
    expect(Object.keys(trees[0] ?? {}).length).toBe(16)
    expect(trees[1]).toEqual(trees[0])
  })
})

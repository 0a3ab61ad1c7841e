import {cp, mkdir, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeAll, describe, expect, test, vi} from 'vitest'
import {PlanDocument} from '../../src/pipeline/transcripts/results.js'
import {WAV2VEC2, WHISPER, writeModel} from '../pipeline/models/synthetic-model.js'
import {sample, suiteFolder, transcribe} from '../support/lingulu.js'

/* What the command says before a model is opened: made-up models do. */

const folder = suiteFolder()
const whisper = join(folder, 'whisper')
const ctc = join(folder, 'ctc')
const audio = join(folder, 'audio')

beforeAll(async () => {
  await writeModel(whisper, WHISPER)
  await writeModel(ctc, WAV2VEC2)
  await mkdir(join(audio, 'deep'), {recursive: true})
  await cp(sample('garden.wav'), join(audio, 'garden.wav'))
  await cp(sample('river.opus'), join(audio, 'deep/river.opus'))
  await writeFile(join(audio, 'notes.txt'), 'not audio')
  await mkdir(join(folder, 'empty'))
  vi.stubEnv('LINGULU_CACHE', join(folder, 'cache'))
  vi.stubEnv('HF_HOME', join(folder, 'hf'))
  vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9')
})

describe('with a model that is not there', () => {
  test.each([
    ['whisper-tinny', /Did you mean whisper-tiny/],
    ['no-such-folder/', /no-such-folder/],
    ['owner/name', /offline/i],
  ])('%s', async (model, message) => {
    const {exitCode, stderr} = await transcribe(audio, '--offline', '-m', model)
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(5)
  })
})

describe('wrong usage ends with exit code 2 and one error that says what is wrong', () => {
  test.each<[argv: string[], message: string | RegExp]>([
    [[], 'Nothing to transcribe.'],
    [['AUDIO', '--modle', 'x'], /There is no option --modle\.\n {2}→ Did you mean --model\?/],
    [['AUDIO', '--qqqqqqqqqqq'], /There is no option --qqqqqqqqqqq\.\n {2}→ lingulu transcribe --help/],
    [['AUDIO', '--model'], '--model needs a value.'],
    [['AUDIO', '--beam-size', 'two'], '--beam-size: "two" is not a number.'],
    [['AUDIO', '--beam-size', '0'], '--beam-size: Too small'],
    [['AUDIO', '--temperature', 'hot'], '--temperature: "hot" is not a number.'],
    [['AUDIO', '--threads', '1.5'], '--threads: 1.5 is not a whole number.'],
    [['AUDIO', '--batch-size', '0'], '--batch-size: 0 is not a whole number of at least 1.'],
    [['AUDIO', '--timeout', '-1'], '--timeout'],
    [['AUDIO', '--channel', 'middle'], '--channel middle: choose one of mix, left, right, split.'],
    [['AUDIO', '--device', 'tpu'], '--device tpu: choose one of auto, cpu, cuda'],
    [['AUDIO', '--format', 'doc'], 'unknown format "doc"'],
    [['AUDIO', '--precision', 'fp99'], 'fp99'],
    [['AUDIO', '--language', 'klingonn'], 'unknown language: klingonn'],
    [['AUDIO', '--devices', 'one'], '--devices one: not GPU numbers.'],
    [['AUDIO', '--rate', '8000'], '--rate needs --raw.'],
    [['EMPTY'], 'no audio file in the folder'],
    [['EMPTY/*.wav'], 'no audio file matches'],
    [['AUDIO/notes.csv', '--manifest', 'AUDIO/notes.txt'], 'not a usable manifest'],
    [['AUDIO', '--on-exists', 'skip'], '--on-exists without files to write'],
    [['AUDIO', '--resume'], '--resume without files to write'],
    [['AUDIO', '--highlight-words'], '--highlight-words without files to write'],
    [['AUDIO', '-f', 'srt', '--highlight-words'], /--highlight-words needs word timestamps\.\n.*--word-timestamps/],
    [['AUDIO', '-f', 'srt', '--max-line-width', '20'], '--max-line-width needs word timestamps'],
    [['AUDIO', '-f', 'srt', '--word-timestamps', '--max-line-count', '2'], 'no effect without --max-line-width'],
    [['AUDIO', '--hallucination-silence-threshold', '1'], 'hallucination-silence-threshold: needs --word-timestamps'],
    [['AUDIO', '--carry-initial-prompt'], '--carry-initial-prompt: needs --initial-prompt'],
    [['AUDIO', '--patience', '2', '--beam-size', 'none'], '--patience: is of beam search'],
    [['AUDIO', '--top-k', '5', '--temperature-increment-on-fallback', 'none'], '--top-k: is of sampling'],
    [['AUDIO', '--clip-timestamps', '5,2'], '--clip-timestamps: a clip ends after it starts'],
    [['AUDIO', '--clip-timestamps', '1,2', '--vad'], '--clip-timestamps and --vad cannot be given together'],
    [['AUDIO', '--vad-threshold', '0.3'], '--vad-threshold needs --vad.'],
    [['AUDIO', '--vad-model', 'x.onnx'], '--vad-model needs --vad.'],
    [['AUDIO', '--vad', '--vad-threshold', '3'], /threshold/],
    [['AUDIO', '--end-silence', '1'], '--end-silence needs --live.'],
    [['AUDIO', '--live'], '--live listens to stdin and to nothing else.'],
    [['-', '--live', '--dry-run'], '--dry-run and --live cannot be given together.'],
    [['-', '--live', '--vad-min-silence', '1'], '--end-silence'],
    [['AUDIO', '--lm', 'x.arpa'], 'is a Whisper model, which has no --lm.'],
    [['AUDIO', '--hot-words', 'A,B'], 'which has no --hot-words.'],
    [['AUDIO', '-m', 'CTC', '--beam-size', '3'], 'is a CTC model, which has no --beam-size.'],
    [['AUDIO', '-m', 'CTC', '--initial-prompt', 'x'], 'which has no --initial-prompt.'],
    [['AUDIO', '-m', 'CTC', '--language', 'en'], 'which has no --language.'],
    [['AUDIO', '-m', 'CTC', '--decoder', 'greedy', '--hot-words', 'A'], 'choose beam'],
  ])('%j', async (given, message) => {
    const argv = given.map(word =>
      word.replace('AUDIO', audio).replace('EMPTY', join(folder, 'empty')).replace('CTC', ctc),
    )
    const model = argv.includes('-m') || argv.at(-1) === '--model' ? [] : ['-m', whisper]
    const {exitCode, stderr, stdout} = await transcribe(...model, ...argv, '--offline')
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^Error: /)
    expect(stderr.split('\n').length).toBeLessThan(8)
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''})
  })

  test('with --json the error is the document', async () => {
    const {exitCode, stderr, json} = await transcribe(audio, '--modle', 'x', '--json')
    expect(json()).toEqual({error: {code: 'USAGE', message: 'There is no option --modle.', hint: expect.any(String)}})
    expect({exitCode, stderr}).toEqual({exitCode: 2, stderr: ''})
    const both = await transcribe(audio, '--jsonl', '--json')
    expect(both.json()).toMatchObject({error: {message: '--json and --jsonl cannot be given together.'}})
  })
})

describe('--dry-run prints the plan and writes nothing', () => {
  const dry = (...argv: string[]) => transcribe(audio, '-m', whisper, '--dry-run', ...argv)

  test('without files: the inputs', async () => {
    const {stdout, stderr, exitCode} = await dry()
    expect(stdout.trim().split('\n')).toEqual([
      join(audio, 'deep/river.opus'),
      join(audio, 'garden.wav'),
      '2 of 2 inputs would be transcribed; 1 other file is not audio.',
    ])
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
  })

  test('with files: the outputs, mirroring the inputs', async () => {
    const out = join(folder, 'planned')
    const {stdout} = await dry('-f', 'txt,srt', '-o', out)
    expect(stdout).toContain('deep/river.opus → deep/river.txt, deep/river.srt\n')
    expect(stdout).toContain(`would be transcribed into ${out}`)
    await expect(readdir(out)).rejects.toThrow('ENOENT')
    expect((await dry('-f', 'txt', '-o', out, '--output-name', 'full')).stdout).toContain(
      'garden.wav → garden.wav.txt\n',
    )
    expect((await dry('-f', 'txt', '-o', out, '--channel', 'split')).stdout).toContain('garden.wav → garden.*.txt\n')
  })

  test('what is there already, and what cannot be read', async () => {
    const out = join(folder, 'half')
    await mkdir(out)
    await writeFile(join(out, 'garden.txt'), 'mine')
    const error = await dry('-f', 'txt', '-o', out)
    expect(error.stderr).toMatch(/an output is there already\n {2}garden\.txt\n.*--resume.*--on-exists/)
    expect(error.exitCode).toBe(2)
    const skipping = await dry('-f', 'txt', '-o', out, '--on-exists', 'skip', join(audio, 'gone.wav'))
    expect(skipping.stdout).toContain('garden.wav: skipped, its outputs are there\n')
    expect(skipping.stdout).toMatch(/✗ .*gone\.wav: no such file/)
    expect(skipping.stdout).toContain('1 of 3 inputs would be transcribed')
    expect(skipping.exitCode).toBe(3)
    expect((await dry('-f', 'txt', '-o', out, '--on-exists', 'rename')).stdout).toContain('garden.wav → garden.1.txt\n')
  })

  test('for programs', async () => {
    const out = join(folder, 'json')
    const {json, exitCode} = await dry('-f', 'txt', '-o', out, '--json', join(audio, 'gone.wav'))
    const document = PlanDocument.parse(json())
    expect(document.outputDir).toBe(out)
    expect(
      document.inputs.map(input => [input.type, 'outputs' in input ? input.outputs[0]?.path : input.error.code]),
    ).toEqual([
      ['result', 'INPUT_MISSING'],
      ['planned', 'deep/river.txt'],
      ['planned', 'garden.txt'],
    ])
    expect(exitCode).toBe(3)
    const {lines} = await dry('-f', 'txt', '-o', out, '--jsonl', join(audio, 'gone.wav'))
    expect(lines()).toEqual(document.inputs)
  })

  test('collisions are found, with the remedy', async () => {
    const same = join(folder, 'same')
    await mkdir(same)
    for (const name of ['a.wav', 'a.mp3']) await writeFile(join(same, name), 'x')
    const {stderr, exitCode} = await transcribe(same, '-m', whisper, '-f', 'txt', '-o', join(folder, 'x'))
    expect(stderr).toMatch(/a\.mp3 and .*a\.wav: a\.txt\n.*--output-name full/)
    expect(exitCode).toBe(2)
  })
})

test('an output folder that cannot be made ends the run before any work', async () => {
  const {stderr, exitCode} = await transcribe(audio, '-m', whisper, '-o', join(audio, 'notes.txt', 'out'))
  expect(stderr).toMatch(/^Error: .*notes\.txt.*cannot be written \(ENOTDIR\)\n {2}→ .*choose another folder/)
  expect(exitCode).toBe(2)
})

test('a manifest may name languages as people do; unknown ones are found before any work', async () => {
  const manifest = join(audio, 'list.csv')
  await writeFile(manifest, 'audio,language\ngarden.wav,German\ndeep/river.opus,en-US\n')
  expect((await transcribe(manifest, '-m', whisper, '--dry-run')).exitCode).toBe(0)
  await writeFile(manifest, 'audio,language\ngarden.wav,klingon\ndeep/river.opus,en\n')
  const {stderr, exitCode} = await transcribe(manifest, '-m', whisper, '--dry-run')
  expect(stderr).toMatch(/"klingon" of .*garden\.wav/)
  expect(exitCode).toBe(2)
  // A model that knows no languages does not ask for them.
  expect((await transcribe(manifest, '-m', ctc, '--dry-run')).exitCode).toBe(0)
})

import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import Train from '../../src/commands/train.js'
import {isRunning, root, startLingulu, suiteFolder, until} from '../support/lingulu.js'
import {writeToneWords} from '../support/tone-words.js'

const home = suiteFolder()
const file = join(home, 'tones.json')

beforeAll(async () => {
  const data = {train: await writeToneWords(home, 'train', 16), dev: await writeToneWords(home, 'dev', 4)}
  const config = {
    task: 'ctc',
    output_dir: join(home, 'run'),
    data,
    model: {encoder: {width: 16, layers: 1, heads: 2, feed_forward: 32, kernel: 3, dropout: 0.1, mels: 16}},
    max_steps: 4,
    batch_seconds: 3,
    logging_steps: 1,
    eval_steps: 4,
    save_steps: 2,
    engine: 'ort-cpu',
    threads: 1,
  }
  await writeFile(file, JSON.stringify(config))
})

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Train.run(argv, {root}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

const set = (...settings: readonly string[]) => settings.flatMap(setting => ['--set', setting])
const into = (name: string) => set(`output_dir=${join(home, name)}`)

describe('configurations', () => {
  test('their JSON Schema is printed', async () => {
    const {stdout, exitCode} = await lingulu('--schema')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(join(root, 'docs/schema/train.schema.json'), 'utf8')))
  })

  test.each(['ctc', 'wav2vec2', 'whisper', 'whisper-lora', 'classification', 'speaker'])(
    'the preset %s is checked and told whole, with what is set, and nothing is read or written',
    async preset => {
      const {stdout, stderr, exitCode} = await lingulu(preset, ...into('dry'), ...set('seed=7'), '--dry-run')
      expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
      expect(JSON.parse(stdout)).toMatchObject({
        task: preset.startsWith('whisper') ? 'whisper' : preset === 'wav2vec2' ? 'ctc' : preset,
        output_dir: join(home, 'dry'),
        seed: 7,
        adam_epsilon: 1e-8,
        data: {train: [{dataset: 'train.csv'}]},
      })
      expect(existsSync(join(home, 'dry'))).toBe(false)
    },
  )

  test('--json gives the same document', async () => {
    const shown = await lingulu(file, '--dry-run')
    const json = await lingulu(file, '--dry-run', '--json')
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(shown.stdout))
  })

  test.each<[string, string[], number, RegExp]>([
    ['none', [], 2, /A configuration is missing/],
    ['no such file', [join(home, 'none.json')], 2, /none\.json cannot be read/],
    ['no such preset', ['ctx'], 2, /ctx cannot be read[\s\S]*preset/],
    ['a wrong key', [file, ...set('model.encoder.widht=8')], 2, /"widht"[\s\S]*model\.encoder/],
    ['a wrong key of the data', [file, ...set('data.train.dataset=x', 'data.train.limt=3')], 2, /"limt"/],
    ['a wrong value', [file, ...set('learning_rate=fast')], 2, /expected number[\s\S]*learning_rate/],
    ['no value', [file, '--set', 'seed'], 2, /seed: that is not key=value/],
    ['data that are not there', [file, ...into('x'), ...set('data.train=/none.csv')], 2, /none\.csv/],
    ['a metric that is not measured', [file, ...into('x'), ...set('metric_for_best_model=bleu')], 2, /bleu/],
    ['nothing to resume', [file, ...into('x'), '--resume'], 2, /no run to go on with/],
  ])('%s: exit code and remedy', async (_, argv, expected, message) => {
    const {stdout, stderr, exitCode} = await lingulu(...argv)
    expect(stderr).toMatch(message)
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: expected})
    await rm(join(home, 'x'), {recursive: true, force: true})
  })
})

describe('a run', () => {
  test('tells on stderr how it goes on, and on stdout what came of it; it is not run over', async () => {
    const {stdout, stderr, exitCode} = await lingulu(file)
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/ctc on ort-cpu: was asked for/)
    expect(stderr).toMatch(/Training: 16 utterances, .*; dev: 4 utterances/)
    expect(stderr).toMatch(/^4\/4, epoch [\d.]+, loss [\d.]+, rate /m)
    expect(stderr).toMatch(/Step +Epoch +Dev set +WER/)
    expect(stdout).toMatch(/^Trained: 4 steps, [\d.]+ epochs, .*\n {2}best WER [\d.]+ % on \S*dev, after step 4\n/)
    const again = await lingulu(file)
    expect(again.stderr).toMatch(/There is a run in .*\n.*--resume goes on/)
    expect(again.exitCode).toBe(2)
  })

  test('gives one JSON document, and nothing else', async () => {
    const {stdout, stderr, exitCode} = await lingulu(file, ...into('json'), ...set('max_steps=1'), '--json')
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
    expect(JSON.parse(stdout)).toMatchObject({
      plan: {type: 'plan', steps: 1},
      evaluation: {type: 'evaluation', step: 1},
      done: {type: 'done', reason: 'finished', folder: join(home, 'json/model')},
    })
  })
})

test('how far two readings of a recording are from each other is in the log', async () => {
  const {exitCode} = await lingulu(file, ...into('readings'), ...set('model.consistency={}', 'max_steps=1'))
  expect(exitCode).toBe(0)
  const log = readFileSync(join(home, 'readings/metrics.jsonl'), 'utf8').trim().split('\n')
  const step = log.map(line => JSON.parse(line)).find(({type}) => type === 'step')
  expect(step.parts.written_consistency).toBeGreaterThan(0)
})

describe('in a process of its own', () => {
  const logOf = (name: string) => join(home, name, 'metrics.jsonl')
  const hasSteps = (name: string) => existsSync(logOf(name)) && readFileSync(logOf(name), 'utf8').includes('"step"')
  const checkpoints = (name: string) => readdirSync(join(home, name)).filter(entry => entry.startsWith('checkpoint-'))
  const long = (name: string) => ['train', file, ...into(name), ...set('max_steps=1000000', 'eval_steps=1000000')]

  /** Ended with its test, come what may: it would train for days. */
  function start(argv: readonly string[]) {
    const run = startLingulu(argv)
    onTestFinished(() => {
      if (run.process.exitCode === null && run.process.signalCode === null) run.signalAll('SIGKILL')
    })
    return run
  }

  test('Ctrl-C writes a checkpoint, and ends with 130', async () => {
    const {pid, ended} = start([...long('interrupted'), ...set('save_steps=1000000')])
    await until('there are steps', () => hasSteps('interrupted'), 120)
    process.kill(pid, 'SIGINT')
    const {stdout, stderr, exitCode} = await ended()
    expect(stderr).toMatch(/Interrupted\. A checkpoint was written\.\n.*--resume/)
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 130})
    expect(checkpoints('interrupted').length).toBe(1)
  }, 180_000)

  test('after kill -9, --resume goes on from the last checkpoint', async () => {
    const {pid, signalAll, ended} = start(long('killed'))
    const saved = () => existsSync(join(home, 'killed')) && checkpoints('killed').length > 0
    await until('there is a checkpoint', saved, 120)
    signalAll('SIGKILL')
    await ended()
    expect(isRunning(pid)).toBe(false)
    const last = Math.max(...checkpoints('killed').map(name => Number(name.split('-')[1])))
    const argv = [file, ...into('killed'), ...set(`max_steps=${last + 2}`, 'eval_steps=1000000'), '--resume']
    const {stdout, stderr, exitCode} = await lingulu(...argv)
    expect(stderr).toContain(`Goes on after step ${last.toLocaleString('en')}\n`)
    expect(stdout).toContain(`Trained: ${(last + 2).toLocaleString('en')} steps`)
    expect(exitCode).toBe(0)
    expect(readdirSync(join(home, 'killed')).filter(name => name.startsWith('.lingulu'))).toEqual([])
  }, 180_000)
})

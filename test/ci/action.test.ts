import {chmod, mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type Command, Config} from '@oclif/core'
import {execa} from 'execa'
import {beforeAll, beforeEach, describe, expect, test} from 'vitest'
import DatasetsPull from '../../src/commands/datasets/pull.js'
import Evaluate from '../../src/commands/evaluate.js'
import ModelsPull from '../../src/commands/models/pull.js'
import {type EvaluateFlags, evaluateOptions} from '../../src/flags/evaluate-options.js'
import {codeBlocks, documents, root} from '../support/documents.js'
import {suiteFolder} from '../support/lingulu.js'
import {readYaml, type Yaml} from '../support/read-yaml.js'

type Mapping = {readonly [key: string]: Yaml}
const mapping = (value: Yaml | undefined): Mapping =>
  value === undefined || typeof value === 'string' || Array.isArray(value) ? {} : (value as Mapping)
const sequence = (value: Yaml | undefined): readonly Yaml[] => (Array.isArray(value) ? value : [])
const string = (value: Yaml | undefined): string => (typeof value === 'string' ? value : '')

const read = (path: string) => readFile(join(root, path), 'utf8')
const ACTION = '.github/actions/evaluate'
const WORKFLOWS = [
  '.github/workflows/ci.yml',
  '.github/workflows/evaluate.yml',
  '.github/workflows/nightly.yml',
  'docs/ci/github.yml',
]
const action = mapping(readYaml(await read(`${ACTION}/action.yml`)))
const inputs = mapping(action.inputs)
const steps = sequence(mapping(action.runs).steps).map(mapping)
const workflows = await Promise.all(WORKFLOWS.map(async path => [path, mapping(readYaml(await read(path)))] as const))
const page = documents.find(({path}) => path === 'docs/ci.md')

const jobsOf = (workflow: Mapping) => Object.values(mapping(workflow.jobs)).map(mapping)
const stepsOf = (workflow: Mapping) => jobsOf(workflow).flatMap(job => sequence(job.steps).map(mapping))
const usesAction = (step: Mapping) => string(step.uses).includes(ACTION)
/** Everything that a file runs, with the steps that run it. */
const runners = [
  [`${ACTION}/action.yml`, steps] as const,
  ...workflows.map(([path, workflow]) => [path, stepsOf(workflow)] as const),
]

describe.each(runners)('%s', (_, all) => {
  test('pins every action', () => {
    const pinned = /^\.\/[\w./-]+$|^[\w.-]+\/[\w./-]+@v\d+(\.\d+){0,2}$/
    expect(all.length).toBeGreaterThan(1)
    expect(all.map(step => string(step.uses)).filter(uses => uses !== '' && !pinned.test(uses))).toEqual([])
  })

  test('lets no expression become a part of a script', () => {
    expect(all.map(step => string(step.run)).filter(run => run.includes('${{'))).toEqual([])
  })

  test('takes outputs only of steps that are there', () => {
    const used = [...JSON.stringify(all).matchAll(/\bsteps\.([\w-]+)\.(?:outputs\.)?/g)].map(([, id]) => id)
    expect(used.filter(id => !all.some(step => step.id === id))).toEqual([])
  })
})

describe('whoever uses the action', () => {
  const users = workflows.flatMap(([path, workflow]) =>
    stepsOf(workflow)
      .filter(usesAction)
      .map(step => [path, step] as const),
  )
  const shown = (page ? codeBlocks(page) : [])
    .filter(({language}) => language === 'yaml')
    .flatMap(({place, code}) => sequence(readYaml(code)).map(step => [place, mapping(step)] as const))

  test('is found', () => expect([users.length, shown.length]).toEqual([3, 1]))

  test.each([...users, ...shown])('%s gives inputs that it has, and those that it needs', (_, step) => {
    const given = Object.keys(mapping(step.with))
    const required = Object.entries(inputs).filter(([, input]) => mapping(input).required === 'true')
    expect(given.filter(name => !(name in inputs))).toEqual([])
    expect(required.map(([name]) => name).filter(name => !given.includes(name))).toEqual([])
  })

  test('names models and data sets of the catalogues', async () => {
    const models: readonly {name: string}[] = JSON.parse(await read('configs/models.json')).models
    const {datasets}: {datasets: readonly {name: string}[]} = JSON.parse(await read('datasets/catalog.json'))
    const matrix = workflows.flatMap(([, workflow]) =>
      jobsOf(workflow).flatMap(job => sequence(mapping(mapping(job.strategy).matrix).include).map(mapping)),
    )
    const given = [...users.map(([, step]) => mapping(step.with)), ...matrix]
    const names = (key: string) => given.map(values => string(values[key])).filter(value => !value.startsWith('$'))
    expect(models.map(({name}) => name)).toEqual(expect.arrayContaining(names('model')))
    expect(datasets.map(({name}) => name)).toEqual(expect.arrayContaining(names('dataset')))
    expect(names('model').length).toBeGreaterThan(4)
  })

  test('runs with the right to read only', () => {
    for (const [, workflow] of workflows) expect(workflow.permissions).toEqual({contents: 'read'})
  })
})

test('docs/ci.md names every input and output', () => {
  const names = [...Object.keys(inputs), ...Object.keys(mapping(action.outputs))]
  expect(names.filter(name => !page?.text.includes(`\`${name}\``))).toEqual([])
})

test('the action uses every input, and no other', () => {
  const used = [...JSON.stringify(steps).matchAll(/\binputs\.([\w-]+)/g)].map(([, name]) => name)
  expect([...new Set(used)].sort()).toEqual(Object.keys(inputs).sort())
})

describe('run with programs that only take down their arguments', () => {
  const folder = suiteFolder()
  const inside = (path: string) => join(folder, path)
  let config: Config

  beforeAll(async () => {
    config = await Config.load(root)
    await mkdir(inside('bin'))
    const program = `#!/usr/bin/env bash\n{ printf '%s\\0' "\${0##*/}" "$@"; printf '\\f\\0'; } >>"$RUNNER_TEMP/log"\nexit "\${FAKE_EXIT:-0}"\n`
    for (const name of ['lingulu', 'npm']) {
      await writeFile(inside(`bin/${name}`), program)
      await chmod(inside(`bin/${name}`), 0o755)
    }
    await writeFile(inside('manifest.csv'), 'audio,text\n')
  })
  beforeEach(() => Promise.all(['log', 'output', 'path'].map(name => writeFile(inside(name), ''))))

  const bash = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    execa('bash', argv, {
      cwd: folder,
      reject: false,
      env: {
        ...env,
        PATH: `${inside('bin')}:${process.env.PATH}`,
        RUNNER_TEMP: folder,
        GITHUB_OUTPUT: inside('output'),
        GITHUB_PATH: inside('path'),
        GITHUB_ACTION_PATH: join(root, ACTION),
      },
    })

  /** The programs that ran, with their arguments. */
  const ran = async (): Promise<string[][]> =>
    (await readFile(inside('log'), 'utf8'))
      .split('\f\0')
      .filter(call => call !== '')
      .map(call => call.split('\0').slice(0, -1))

  const outputs = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await readFile(inside('output'), 'utf8'))
        .split('\n')
        .filter(Boolean)
        .map(line => line.split(/=(.*)/s, 2)),
    )

  /** Runs the steps of the action that have one of these names; gives the last exit code. */
  async function runAction(
    names: readonly string[],
    given: Readonly<Record<string, string>>,
    env: Record<string, string> = {},
  ) {
    const values = Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => [name, given[name] ?? string(mapping(input).default)]),
    )
    let exitCode: number | undefined
    for (const step of steps.filter(({name}) => names.includes(string(name)))) {
      const plan = await outputs()
      const variables = Object.entries(mapping(step.env)).map(([name, value]) => [
        name,
        string(value)
          .replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, input: string) => values[input] ?? '')
          .replaceAll(/\$\{\{ steps\.plan\.outputs\.([\w-]+) \}\}/g, (_, output: string) => plan[output] ?? ''),
      ])
      ;({exitCode} = await bash(['-eo', 'pipefail', '-c', string(step.run)], {
        ...env,
        ...Object.fromEntries(variables),
      }))
      if (exitCode !== 0) break
    }
    return exitCode
  }

  /** What the real command makes of the arguments. */
  async function parse([, ...argv]: readonly string[]): Promise<{
    dataset?: string | undefined
    flags: Record<string, unknown>
  }> {
    const commands: readonly [string, typeof Command][] = [
      ['evaluate', Evaluate],
      ['datasets pull', DatasetsPull],
      ['models pull', ModelsPull],
    ]
    const [name, command] = commands.find(([name]) => argv.join(' ').startsWith(name)) ?? []
    if (name === undefined || command === undefined) throw new Error(`There is no such command: ${argv}`)
    class Parsed extends command {
      override run() {
        return this.parse(command)
      }
    }
    const parsed = await new Parsed(argv.slice(name.split(' ').length), config).run()
    const [dataset] = parsed.argv.map(String)
    if (command === Evaluate) evaluateOptions(dataset ?? '', parsed.flags as EvaluateFlags)
    return {dataset, flags: parsed.flags}
  }

  test('the action fetches what has a name, and evaluates', async () => {
    const given = {model: 'whisper-tiny.en', dataset: 'librispeech-test-clean', precision: 'q8', subset: '200'}
    await runAction(['Plan', 'Fetch the model', 'Fetch the data set'], given)
    const {model, dataset, cache} = await outputs()
    expect({model, dataset, cache}).toEqual({model: 'named', dataset: 'named', cache: inside('lingulu-cache')})
    expect(await ran()).toEqual([
      ['lingulu', 'models', 'pull', '--precision=q8', '--', 'whisper-tiny.en'],
      ['lingulu', 'datasets', 'pull', '--', 'librispeech-test-clean'],
    ])
    for (const call of await ran()) await parse(call)
  })

  test('its inputs become flags of evaluate', async () => {
    const given = {
      model: 'models/a b',
      dataset: '-manifest.csv',
      precision: 'q8',
      subset: '200',
      'max-wer': '8%',
      baseline: 'base line.json',
      'max-regression': '0.5',
      args: '--max-empty=1%\r\n\n  --name=two words  \n--only-significant',
      report: 'reports/a',
    }
    await runAction(['Evaluate'], given)
    const [call = []] = await ran()
    const {dataset, flags} = await parse(call)
    expect(dataset).toBe('-manifest.csv')
    expect(flags).toMatchObject({
      model: 'models/a b',
      report: 'reports/a/evaluation.md',
      html: 'reports/a/evaluation.html',
      junit: 'reports/a/junit.xml',
      github: true,
      precision: 'q8',
      subset: 200,
      'max-wer': 0.08,
      baseline: 'base line.json',
      'max-regression': expect.anything(),
      'max-empty': 0.01,
      name: 'two words',
      'only-significant': true,
    })
  })

  test('it gives no flag for an input that is empty', async () => {
    await runAction(['Evaluate'], {model: 'm', dataset: 'd'})
    const report = ['--report=lingulu-report/evaluation.md', '--html=lingulu-report/evaluation.html']
    expect(await ran()).toEqual([
      ['lingulu', 'evaluate', '--model=m', ...report, '--junit=lingulu-report/junit.xml', '--github', '--', 'd'],
    ])
  })

  test('nothing in an input is run', async () => {
    const hostile = `x'";touch pwned;$(touch pwned)\`touch pwned\` * && touch pwned #`
    const all = Object.fromEntries(Object.keys(inputs).map(name => [name, hostile]))
    await runAction(['Plan', 'Install lingulu', 'Fetch the model', 'Fetch the data set', 'Evaluate'], all)
    const calls = await ran()
    expect(calls.map(([program, name]) => `${program} ${name}`)).toEqual([
      'npm install',
      'lingulu models',
      'lingulu datasets',
      'lingulu evaluate',
    ])
    for (const call of calls) expect(call.at(-1)).toBe(call[0] === 'npm' ? `lingulu@${hostile}` : hostile)
    expect(calls.at(-1)).toContain(`--max-wer=${hostile}`)
    expect(calls.at(-1)).toContain(hostile)
    expect(await readdir(folder)).not.toContain('pwned')
  })

  test.each(['model', 'dataset', 'precision', 'version', 'report'])('a line break in %s is refused', async name => {
    expect(await runAction(['Plan'], {model: 'm', dataset: 'd', [name]: 'a\ncache=/etc'})).toBe(2)
    expect(await outputs()).toEqual({})
  })

  test('paths are not fetched, and cache keys tell names apart', async () => {
    await runAction(['Plan'], {model: 'bin', dataset: 'manifest.csv'})
    expect(await outputs()).toMatchObject({model: 'path', dataset: 'path'})
    const keys = new Set<string | undefined>()
    for (const model of ['a/b,c', 'a_b_c', 'a/b c']) {
      await writeFile(inside('output'), '')
      await runAction(['Plan'], {model, dataset: 'd'})
      keys.add((await outputs())['model-key'])
    }
    expect(keys.size).toBe(3)
    for (const key of keys) expect(key).toMatch(/^lingulu-model-a_b_c_-\d+$/)
  })

  test.each([
    [0, true],
    [4, false],
  ])('ends with exit code %i of evaluate and says what came out', async (exit, passed) => {
    await mkdir(inside('lingulu-report'), {recursive: true})
    const report = {wer: 0.073, cer: 0.021, gates: [{passed: true}, {passed}]}
    await writeFile(inside('lingulu-report/evaluation.json'), JSON.stringify(report))
    expect(await runAction(['Evaluate'], {model: 'm', dataset: 'd'}, {FAKE_EXIT: String(exit)})).toBe(exit)
    expect(await outputs()).toEqual({
      'exit-code': String(exit),
      wer: '0.073',
      cer: '0.021',
      passed: String(passed),
      report: 'lingulu-report/evaluation.md',
      json: 'lingulu-report/evaluation.json',
      junit: 'lingulu-report/junit.xml',
    })
    const declared = Object.values(mapping(action.outputs)).map(output => string(mapping(output).value))
    expect(declared.map(value => /steps\.evaluate\.outputs\.([\w-]+) /.exec(value)?.[1]).sort()).toEqual(
      Object.keys(await outputs()).sort(),
    )
  })

  test.each([
    ['an earlier report where the evaluation did not end', 5, 'lingulu-report'],
    ['a report where there is none', 3, 'elsewhere'],
  ])('says nothing of %s', async (_, exit, report) => {
    const given = {model: 'm', dataset: 'd', report}
    expect(await runAction(['Evaluate'], given, {FAKE_EXIT: String(exit)})).toBe(exit)
    expect(await outputs()).toEqual({'exit-code': String(exit)})
  })

  test.each([
    ['1.2.3', 'lingulu@1.2.3'],
    ['./lingulu-1.2.3.tgz', './lingulu-1.2.3.tgz'],
    ['https://example.com/lingulu.tgz', 'https://example.com/lingulu.tgz'],
  ])('installs version %s', async (version, wanted) => {
    await runAction(['Install lingulu'], {version})
    expect(await ran()).toEqual([['npm', 'install', '--prefix', inside('lingulu'), '--no-save', '--', wanted]])
    expect(await readFile(inside('path'), 'utf8')).toBe(`${inside('lingulu/node_modules/.bin')}\n`)
  })

  test('installs the lingulu that the action comes from, once', async () => {
    await runAction(['Install lingulu'], {})
    expect(await ran()).toEqual([['npm', 'ci']])
    const bin = (await readFile(inside('path'), 'utf8')).trim()
    expect((await execa(join(bin, 'lingulu'), ['--version'])).stdout).toMatch(/^lingulu\/\d/)
    await runAction(['Install lingulu'], {})
    expect(await ran()).toHaveLength(1)
  })

  test('docs/ci/gitlab.yml gives lingulu what it takes', async () => {
    const job = mapping(mapping(readYaml(await read('docs/ci/gitlab.yml'))).wer)
    const script = sequence(job.script).map(string).join('\n')
    const variables = Object.fromEntries(
      Object.entries(mapping(job.variables)).map(([name, value]) => [name, string(value)]),
    )
    expect((await bash(['-euc', script], variables)).exitCode).toBe(0)
    const [install, ...calls] = await ran()
    expect(install).toEqual(['npm', 'install', '--global', variables.LINGULU])
    const parsed = await Promise.all(calls.map(parse))
    expect(parsed.map(({dataset}) => dataset)).toEqual([variables.DATASET, variables.DATASET])
    expect(parsed[1]?.flags).toMatchObject({model: variables.MODEL, junit: 'wer/junit.xml', 'max-wer': 0.08})
    expect(mapping(job.artifacts).reports).toEqual({junit: parsed[1]?.flags.junit})
  })

  test.each<[string, string[], Record<string, string>, Record<string, unknown>]>([
    ['the first time', [], {}, {baseline: undefined, 'update-baseline': undefined}],
    ['against the baseline', [], {BASELINE: 'manifest.csv'}, {baseline: 'manifest.csv', 'update-baseline': undefined}],
    ['to make the baseline', ['update'], {}, {baseline: 'baseline.json', 'update-baseline': true}],
  ])('docs/ci/evaluate.sh gives lingulu what it takes: %s', async (_, argv, env, flags) => {
    expect((await bash([join(root, 'docs/ci/evaluate.sh'), ...argv], env)).exitCode).toBe(0)
    const calls = await Promise.all((await ran()).map(parse))
    expect(calls.map(({dataset}) => dataset)).toEqual(['librispeech-test-clean', 'librispeech-test-clean'])
    expect(calls[1]?.flags).toMatchObject({model: 'whisper-tiny.en', subset: 200, 'max-wer': 0.08})
    expect(calls[1]?.flags.baseline).toBe(flags.baseline)
    expect(calls[1]?.flags['update-baseline']).toBe(flags['update-baseline'])
  })
})

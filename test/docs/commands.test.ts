import {readFileSync} from 'node:fs'
import {type Command, Config} from '@oclif/core'
import {beforeAll, describe, expect, test} from 'vitest'
import Augment from '../../src/commands/augment.js'
import Compare from '../../src/commands/compare.js'
import DatasetsList from '../../src/commands/datasets/list.js'
import DatasetsPrepare from '../../src/commands/datasets/prepare.js'
import DatasetsPull from '../../src/commands/datasets/pull.js'
import DatasetsStats from '../../src/commands/datasets/stats.js'
import DatasetsVerify from '../../src/commands/datasets/verify.js'
import Doctor from '../../src/commands/doctor.js'
import Evaluate from '../../src/commands/evaluate.js'
import Export from '../../src/commands/export.js'
import Features from '../../src/commands/features.js'
import Lm from '../../src/commands/lm.js'
import ModelsInfo from '../../src/commands/models/info.js'
import ModelsList from '../../src/commands/models/list.js'
import ModelsPath from '../../src/commands/models/path.js'
import ModelsPull from '../../src/commands/models/pull.js'
import ModelsRemove from '../../src/commands/models/remove.js'
import Optimize from '../../src/commands/optimize.js'
import Prune from '../../src/commands/prune.js'
import Quantize from '../../src/commands/quantize.js'
import Score from '../../src/commands/score.js'
import SetupTrainGpu from '../../src/commands/setup/train-gpu.js'
import Train from '../../src/commands/train.js'
import Transcribe from '../../src/commands/transcribe.js'
import {type TranscribeFlags, transcribeOptions} from '../../src/flags/transcribe-options.js'
import {type ErrorCode, LinguluError} from '../../src/pipeline/errors.js'
import {EXIT, exitCodeOf} from '../../src/pipeline/exit-codes.js'
import {codeBlocks, documents, prose, root} from '../support/documents.js'

const COMMANDS: Readonly<Record<string, typeof Command>> = {
  augment: Augment,
  compare: Compare,
  'datasets list': DatasetsList,
  'datasets prepare': DatasetsPrepare,
  'datasets pull': DatasetsPull,
  'datasets stats': DatasetsStats,
  'datasets verify': DatasetsVerify,
  doctor: Doctor,
  evaluate: Evaluate,
  export: Export,
  features: Features,
  lm: Lm,
  'models info': ModelsInfo,
  'models list': ModelsList,
  'models path': ModelsPath,
  'models pull': ModelsPull,
  'models remove': ModelsRemove,
  quantize: Quantize,
  optimize: Optimize,
  prune: Prune,
  score: Score,
  'setup train-gpu': SetupTrainGpu,
  train: Train,
  transcribe: Transcribe,
}
/** Flags of other programs, and of commands to come, that the documents name in running text. */
const FOREIGN = new Set(['--lenient', '--sparsity', '--suppress_tokens'])

/** The arguments of every `lingulu …` in a shell block: lines joined, comments and other commands of a pipe left out. */
function commandLines(code: string): string[][] {
  const lines = code.replaceAll(/\\\n\s*/g, ' ').split('\n')
  return lines.flatMap(line => {
    const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(#.*)|(\|\||&&|[|;>])|[^\s'"|;&>]+>?/g)]
    const commands: string[][] = [[]]
    for (const [text, single, double, comment, operator] of words) {
      if (comment !== undefined) break
      if (operator !== undefined) commands.push([])
      else commands.at(-1)?.push(single ?? double ?? text)
    }
    return commands
      .map(command => command.slice(/^(?:npx|\$)$/.test(command[0] ?? '') ? 1 : 0))
      .filter(([program]) => program === 'lingulu')
      .map(([, ...argv]) => argv)
  })
}

test.each([
  ['npm ci && npx lingulu transcribe a.wav --model <model>', [['transcribe', 'a.wav', '--model', '<model>']]],
  ["arecord | lingulu transcribe - 'b c' \\\n  --live # speak", [['transcribe', '-', 'b c', '--live']]],
  ['$ lingulu doctor', [['doctor']]],
  ['apt install lingulu', []],
])('finds the commands of %j', (code, expected) => expect(commandLines(code)).toEqual(expected))

const documented = documents
  .flatMap(codeBlocks)
  .filter(({language}) => ['sh', 'console'].includes(language))
  .flatMap(({place, code}) => commandLines(code).map(argv => [`${place}: lingulu ${argv.join(' ')}`, argv] as const))

describe('every command line of the documents is one that lingulu takes', () => {
  let config: Config
  beforeAll(async () => {
    config = await Config.load(root)
  })

  test('there are some', () => expect(documented.length).toBeGreaterThan(20))

  test.each(documented)('%s', async (_, argv) => {
    const name = Object.keys(COMMANDS).find(command => argv.join(' ').startsWith(command))
    const command = COMMANDS[name ?? '']
    if (name === undefined || command === undefined) throw new Error('There is no such command.')
    class Parsed extends command {
      override run() {
        return this.parse(command)
      }
    }
    const {flags, argv: inputs} = await new Parsed(argv.slice(name.split(' ').length), config).run()
    if (command === Transcribe) transcribeOptions(inputs.map(String), flags as TranscribeFlags)
  })
})

describe('flags', () => {
  const known = new Set<string>()
  for (const {flags} of Object.values(COMMANDS))
    for (const [name, {allowNo}] of Object.entries(flags ?? {}) as [string, {allowNo?: boolean}][]) {
      known.add(`--${name}`)
      if (allowNo) known.add(`--no-${name}`)
    }
  known.add('--json')

  test('that the documents name exist', () => {
    const named = documents.flatMap(document =>
      [...prose(document).matchAll(/`(--[a-z][\w-]*)/g)].map(([, flag = '']) => `${document.path}: ${flag}`),
    )
    expect(named.length).toBeGreaterThan(50)
    expect(
      named.filter(flag => !known.has(flag.split(' ')[1] ?? '') && !FOREIGN.has(flag.split(' ')[1] ?? '')),
    ).toEqual([])
  })

  test('are all documented', () => {
    const text = documents.map(document => document.text).join('\n')
    const missing = [...known].filter(
      flag => !flag.startsWith('--no-') && !new RegExp(`--(?:no-)?${flag.slice(2)}(?![\\w-])`).test(text),
    )
    expect(missing).toEqual([])
  })
})

test('the library’s page has every error with its exit code', () => {
  const [, table = ''] =
    /## Errors\n([\s\S]*)/.exec(documents.find(({path}) => path === 'docs/library.md')?.text ?? '') ?? []
  const documented = [...table.matchAll(/^\| *(\d+) \| (.*)$/gm)].flatMap(([, exit, row = '']) =>
    [...row.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => `${code} ${exit}`),
  )
  const codes = readFileSync(`${root}/src/pipeline/errors.ts`, 'utf8').matchAll(/^ {2}\| '([A-Z_]+)'$/gm)
  const expected = [...codes].map(([, code]) => `${code} ${exitCodeOf(new LinguluError(code as ErrorCode, ''))}`)
  expect(expected.length).toBeGreaterThan(20)
  expect(documented.sort()).toEqual(expected.sort())
})

test('README’s exit codes are those of the commands', () => {
  const [, table = ''] = /## Exit codes\n\n([\s\S]*?)\n\n/.exec(documents[0]?.text ?? '') ?? []
  const codes = [...table.matchAll(/^\| *(\d+) \|/gm)].map(([, code]) => Number(code))
  expect(codes).toEqual(Object.values(EXIT))
})

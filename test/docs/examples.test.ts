import {cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {mkdtemp, realpath, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import ts from 'typescript'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {codeBlocks, documents, root} from '../support/documents.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'

/*
 * Every TypeScript block of the documents is a program of its own. All are checked against the package's types, and all
 * run but those marked `ts no-run`: in a folder with recordings, and with small models that bear the names of real ones.
 */
const library = join(root, 'src/pipeline/lingulu.ts')
const examples = documents.flatMap(codeBlocks).filter(({language}) => language === 'ts')
const runnable = examples.filter(({note}) => note !== 'no-run')
const needsModel = ({code}: {readonly code: string}) => /model: '|Model\w*\('\w/.test(code)
const fileName = ({place}: {readonly place: string}) => `${place.replaceAll(/\W/g, '-')}.ts`

test('there are examples', () => expect(runnable.length).toBeGreaterThan(8))

test('all examples compile', () => {
  const configPath = join(root, 'tsconfig.json')
  const {options} = ts.parseJsonConfigFileContent(ts.readConfigFile(configPath, ts.sys.readFile).config, ts.sys, root)
  options.paths = {lingulu: [library]}
  // They need not exist: in the repository, so that Node's types are found.
  const sources = new Map(examples.map(example => [join(root, 'test/docs', fileName(example)), example]))
  const host = ts.createCompilerHost(options)
  const {fileExists, readFile, getSourceFile} = host
  host.fileExists = path => sources.has(path) || fileExists(path)
  host.readFile = path => sources.get(path)?.code ?? readFile(path)
  host.getSourceFile = (path, ...rest) => {
    const example = sources.get(path)
    return example ? ts.createSourceFile(path, example.code, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest)
  }
  const program = ts.createProgram([...sources.keys()], options, host)
  const problems = [...sources].flatMap(([path, {place}]) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(path)),
      ...program.getSemanticDiagnostics(program.getSourceFile(path)),
    ].map(({messageText}) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  )
  expect(problems).toEqual([])
})

describe('examples run', () => {
  let folder: string
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'lingulu-docs-')))
    const sample = (name: string) => join(root, 'datasets/samples', name)
    mkdirSync(join(folder, 'recordings'))
    cpSync(sample('river.opus'), join(folder, 'recordings/river.opus'))
    cpSync(sample('garden.wav'), join(folder, 'recordings/garden.wav'))
    cpSync(sample('weather.wav'), join(folder, 'talk.wav'))
    if (hasSharedData) {
      symlinkSync(sharedData('models/whisper-nano'), join(folder, 'whisper-base'))
      symlinkSync(sharedData('models/wav2vec2-nano'), join(folder, 'wav2vec2-base-960h'))
    }
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
    const compilerOptions = {target: 'ES2022', module: 'NodeNext', paths: {lingulu: [library]}}
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions}))
    for (const example of runnable) writeFileSync(join(folder, fileName(example)), example.code)
  })
  afterAll(async () => await rm(folder, {recursive: true, force: true}))

  /** Runs them one after the other in one process; what each has printed, by its place. */
  const run = async (chosen: typeof examples): Promise<[place: string, output: string][]> => {
    const program = chosen.map(example => `console.log('\0'); await import('./${fileName(example)}')`).join('\n')
    writeFileSync(join(folder, 'all.ts'), program)
    const {exitCode, stdout, stderr} = await execa('node', ['--import', import.meta.resolve('tsx'), 'all.ts'], {
      cwd: folder,
      reject: false,
      env: {
        TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
        LINGULU_CACHE: join(folder, 'cache'),
        HF_HOME: join(folder, 'hf'),
        HF_HUB_OFFLINE: '1',
      },
    })
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    const outputs = stdout.split('\0').slice(1)
    return chosen.map(({place}, index) => [place, outputs[index]?.trim() ?? ''])
  }

  const withModel = runnable.filter(needsModel)
  const withoutModel = runnable.filter(example => !needsModel(example))

  test('those that need no model', async () => {
    expect(withoutModel.length).toBeGreaterThan(3)
    for (const [place, output] of await run(withoutModel)) expect(output, place).not.toBe('')
  })

  test.skipIf(!hasSharedData)(`those that need one${needsSharedData}`, async () => {
    expect(withModel.length).toBeGreaterThan(4)
    for (const [place, output] of await run(withModel)) expect(output, place).not.toMatch(/undefined|NaN|[1-9] failed/)
    expect(readFileSync(join(folder, 'talk.srt'), 'utf8')).toMatch(/^1\n00:00:0\d,\d{3} --> /)
  })
})

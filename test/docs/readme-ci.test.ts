import {mkdir, readFile, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {execa} from 'execa'
import {beforeAll, describe, expect, test} from 'vitest'
import {codeBlocks, documents, root} from '../support/documents.js'
import {suiteFolder} from '../support/lingulu.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'

const [readme] = documents
const [step] = readme ? codeBlocks(readme).filter(({code}) => /\blingulu evaluate\b.*--junit/.test(code)) : []

test('README has a step for CI, on the samples of the repository', () => {
  expect(readme?.path).toBe('README.md')
  expect(step?.language).toBe('sh')
  expect(step?.code).toContain('datasets/samples/manifest.csv')
})

describe.skipIf(!hasSharedData)(`README’s step for CI${needsSharedData}`, () => {
  const folder = suiteFolder()
  beforeAll(async () => {
    await mkdir(join(folder, 'node_modules/.bin'), {recursive: true})
    await symlink(join(root, 'datasets'), join(folder, 'datasets'))
    const tsx = import.meta.resolve('tsx')
    const program = `#!/bin/sh\nexec node --import '${tsx}' '${join(root, 'bin/dev.js')}' "$@"\n`
    await writeFile(join(folder, 'node_modules/.bin/lingulu'), program, {mode: 0o755})
    await writeFile(join(folder, 'package.json'), '{}')
  })

  test('runs as written, and the gate stops a model that cannot read the samples', async () => {
    const code = step?.code.replace('<model>', `'${sharedData('models/whisper-nano')}'`) ?? ''
    const {exitCode, stdout, stderr} = await execa('bash', ['-euc', code], {
      cwd: folder,
      reject: false,
      env: {LINGULU_CACHE: join(folder, 'cache'), HF_HUB_OFFLINE: '1'},
    })
    expect({exitCode, stderr}).toEqual({
      exitCode: 4,
      stderr: expect.stringMatching(/^Gate failed: WER [\d.]+ % is above --max-wer 20 % by [\d.]+ points\.$/m),
    })
    expect(stdout).toMatch(/\bWER\b/)
    const junit = await readFile(join(folder, 'junit.xml'), 'utf8')
    expect(junit).toMatch(/<testsuites name="lingulu" tests="3" failures="\d"/)
    expect(junit).toContain('<failure type="max-wer"')
  }, 400_000)
})

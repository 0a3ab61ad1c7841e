import {existsSync, readdirSync} from 'node:fs'
import {mkdir, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test, vi} from 'vitest'
import {copyWeights} from '../../../src/pipeline/onnx/weight-stream.js'
import {exportAll, goldenCheckpoint} from '../../support/export.js'
import {startLingulu, suiteFolder, until} from '../../support/lingulu.js'
import {measureExport} from '../../support/measure-export.js'
import {BASE, writeRandomWhisper} from '../../support/random-whisper.js'

vi.mock('../../../src/pipeline/onnx/weight-stream.js', {spy: true})

const home = suiteFolder()
let count = 0
async function emptyFolder(): Promise<string> {
  const folder = join(home, String(count++))
  await mkdir(folder)
  return folder
}

test('a disk that fills up leaves nothing and says so', async () => {
  const parent = await emptyFolder()
  vi.mocked(copyWeights).mockImplementationOnce(async (source, sink) => {
    await sink(await source.read(0, source.byteLength))
    throw Object.assign(new Error('write'), {code: 'ENOSPC'})
  })
  await expect(exportAll({checkpoint: goldenCheckpoint('whisper-a'), out: join(parent, 'out')})).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    hint: expect.stringMatching(/disk is full/),
  })
  expect(await readdir(parent)).toEqual([])
})

test.each([
  [
    'below a file',
    async (parent: string) => {
      await writeFile(join(parent, 'file'), '')
      return join(parent, 'file/out')
    },
  ],
  ['where nobody may write', async () => '/proc/out'],
])('a folder %s cannot be made', async (_, choose) => {
  const out = await choose(await emptyFolder())
  await expect(exportAll({checkpoint: goldenCheckpoint('whisper-a'), out})).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
  })
})

test('an export that is killed leaves a draft, which the next one removes', async () => {
  const parent = await emptyFolder()
  const checkpoint = goldenCheckpoint('hubert')
  const out = join(parent, 'out')
  const killed = startLingulu(['export', checkpoint, '--out', out])
  // The graph has its name in the draft, the folder not yet: it is being loaded.
  const draft = () => readdirSync(parent).find(name => existsSync(join(parent, name, 'onnx/model.onnx')))
  await until('a draft with a graph', () => draft() !== undefined)
  killed.signalAll('SIGKILL')
  await killed.ended()
  expect(await readdir(parent)).toEqual([expect.stringMatching(/^\.lingulu-.*\.tmp$/)])
  await exportAll({checkpoint, out})
  expect(await readdir(parent)).toEqual(['out'])
})

test('memory does not grow with the weights', async () => {
  const folder = await emptyFolder()
  const checkpoint = join(folder, 'checkpoint')
  const bytes = await writeRandomWhisper(checkpoint, BASE)
  expect(bytes).toBeGreaterThan(280e6)
  const {peakBytes} = await measureExport(checkpoint, join(folder, 'out'))
  // Node and the program take 110 MB.
  expect(peakBytes).toBeLessThan(280e6)
})

import {spawnSync} from 'node:child_process'
import {chmod, mkdir, readdir, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeFolder} from '../../../src/pipeline/transcripts/draft-folder.js'
import {ownIdentity} from '../../../src/pipeline/transcripts/process-identity.js'
import {readTree, temporaryFolder} from './temporary-folder.js'

test('a folder appears with all that was written, in folders that are made', async () => {
  const home = await temporaryFolder()
  const made = await writeFolder(join(home, 'a/b'), async draft => {
    await mkdir(join(draft, 'c'))
    await writeFile(join(draft, 'c/d'), 'x')
    return (await readdir(join(home, 'a'))).length
  })
  expect(made).toBe(1)
  expect(await readTree(home)).toEqual({'a/b/c/d': 'x'})
})

test('drafts of killed runs are removed with all that is in them; those of running ones and of other machines stay', async () => {
  const home = await temporaryFolder()
  const {host, pid, started} = await ownIdentity()
  const {pid: deadPid} = spawnSync(process.execPath, ['-e', ''])
  const dead = `.lingulu-${host}-${deadPid}-${started}-0a1b2c3d.tmp`
  const running = `.lingulu-${host}-${pid}-${started}-0a1b2c3d.tmp`
  const foreign = '.lingulu-ffffffff-1-1-0a1b2c3d.tmp'
  for (const name of [dead, running, foreign]) {
    await mkdir(join(home, name, 'onnx'), {recursive: true})
    await writeFile(join(home, name, 'onnx/model.onnx'), 'half')
  }
  await writeFolder(join(home, 'made'), async () => {})
  expect((await readdir(home)).sort()).toEqual([running, foreign, 'made'].sort())
})

test('the reason of an abort stays what it is', async () => {
  const home = await temporaryFolder()
  const controller = new AbortController()
  const aborted = writeFolder(join(home, 'made'), async () => controller.abort(), controller.signal)
  await expect(aborted).rejects.toMatchObject({name: 'AbortError'})
  expect(await readdir(home)).toEqual([])
})

test.each([
  ['a folder', (path: string) => mkdir(path)],
  ['a file', (path: string) => writeFile(path, '')],
  ['a link that leads nowhere', (path: string) => symlink('nowhere', path)],
])('%s in its place is refused', async (_, make) => {
  const path = join(await temporaryFolder(), 'made')
  await make(path)
  const filled = writeFolder(path, () => Promise.reject(new Error('filled')))
  await expect(filled).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
})

test.skipIf(process.getuid?.() === 0)('a folder that may not be written is an error with a remedy', async () => {
  const home = await temporaryFolder()
  await chmod(home, 0o500)
  await expect(writeFolder(join(home, 'made'), async () => {})).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    hint: expect.stringMatching(/permissions/),
  })
  await chmod(home, 0o700)
})

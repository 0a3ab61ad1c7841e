import {spawnSync} from 'node:child_process'
import {mkdir, readdir, symlink, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {removeStaleTemporaries, writeAtomically} from '../../../src/pipeline/transcripts/atomic-write.js'
import {outputError} from '../../../src/pipeline/transcripts/output-error.js'
import {ownIdentity} from '../../../src/pipeline/transcripts/process-identity.js'
import {readTree, temporaryFolder} from './temporary-folder.js'

test('files appear under their names, in folders that are made, and nothing else stays', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'a.txt'), 'old')
  await writeAtomically([
    {path: join(folder, 'a.txt'), content: 'new ü'},
    {path: join(folder, 'x/y/b.srt'), content: ''},
  ])
  expect(await readTree(folder)).toEqual({'a.txt': 'new ü', 'x/y/b.srt': ''})
})

test('the longest name that the file system takes can be written', async () => {
  const folder = await temporaryFolder()
  const name = `${'n'.repeat(251)}.txt`
  await writeAtomically([{path: join(folder, name), content: 'x'}])
  expect(await readdir(folder)).toEqual([name])
})

test('a link in the place of an output is replaced, not followed', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'precious'), 'keep')
  await symlink('precious', join(folder, 'a.txt'))
  await writeAtomically([{path: join(folder, 'a.txt'), content: 'new'}])
  expect(await readTree(folder)).toEqual({'a.txt': 'new', precious: 'keep'})
})

describe('what cannot be written is an OUTPUT_FAILED with a remedy, and nothing stays behind', () => {
  test.each([
    ['a name that is too long', `${'n'.repeat(252)}.txt`, /name that long/],
    ['a folder of that name', 'folder', /folder has that name/],
    ['a file where a folder is needed', 'file/a.txt', /choose another folder/],
  ])('%s', async (_, name, hint) => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'folder'))
    await writeFile(join(folder, 'file'), 'x')
    const failure = writeAtomically([
      {path: join(folder, 'first.txt'), content: 'x'},
      {path: join(folder, name), content: 'x'},
    ])
    await expect(failure).rejects.toThrow(
      expect.objectContaining({code: 'OUTPUT_FAILED', hint: expect.stringMatching(hint)}),
    )
    const left = await readdir(folder)
    expect(left.filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  test('an aborted write leaves nothing', async () => {
    const folder = await temporaryFolder()
    await expect(writeAtomically([{path: join(folder, 'a'), content: 'x'}], AbortSignal.abort())).rejects.toThrow()
    expect(await readdir(folder)).toEqual([])
  })

  test.each([
    ['ENOSPC', /disk is full/],
    ['EROFS', /read-only/],
    ['EACCES', /may not write/],
    ['EDQUOT', /quota/],
  ])('%s', (code, hint) => {
    const error = outputError('out/a.txt', Object.assign(new Error('no'), {code}))
    expect(error).toBeInstanceOf(LinguluError)
    expect(error).toMatchObject({
      code: 'OUTPUT_FAILED',
      message: expect.stringContaining('out/a.txt'),
      hint: expect.stringMatching(hint),
    })
  })
})

test('temporary files of processes that are gone are removed; those of running ones and other files stay', async () => {
  const folder = await temporaryFolder()
  const own = await ownIdentity()
  const {pid: deadPid} = spawnSync(process.execPath, ['-e', ''])
  const names = {
    dead: `.lingulu-${own.host}-${deadPid}-${own.started}-0a1b2c3d.tmp`,
    reused: `.lingulu-${own.host}-${own.pid}-${own.started}9-0a1b2c3d.tmp`,
    running: `.lingulu-${own.host}-${own.pid}-${own.started}-0a1b2c3d.tmp`,
    foreign: '.lingulu-ffffffff-1-1-0a1b2c3d.tmp',
    foreignOld: '.lingulu-ffffffff-1-2-0a1b2c3d.tmp',
    users: '.lingulu-notes.tmp',
  }
  for (const name of Object.values(names)) await writeFile(join(folder, name), '')
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
  await utimes(join(folder, names.foreignOld), twoDaysAgo, twoDaysAgo)
  expect(await removeStaleTemporaries([folder, folder, join(folder, 'missing')])).toBe(3)
  expect((await readdir(folder)).sort()).toEqual([names.running, names.foreign, names.users].sort())
})

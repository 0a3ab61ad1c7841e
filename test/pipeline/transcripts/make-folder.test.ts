import {existsSync} from 'node:fs'
import {mkdtemp, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {makeFolder} from '../../../src/pipeline/transcripts/make-folder.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lingulu-folder-'))
})
afterAll(() => rm(root, {recursive: true}))

test('makes what is missing above, and is content with what is there', async () => {
  const deep = join(root, 'a', 'b', 'c')
  await Promise.all([makeFolder(deep), makeFolder(deep)])
  await makeFolder(deep)
  expect((await stat(deep)).isDirectory()).toBe(true)
})

test('fails where a file is in the way', async () => {
  await writeFile(join(root, 'file'), '')
  await expect(makeFolder(join(root, 'file', 'below'))).rejects.toThrow('ENOTDIR')
})

test.skipIf(!existsSync('/proc/self'))('fails, and does not try for ever, where folders cannot be made', async () => {
  await expect(makeFolder('/proc/lingulu/below')).rejects.toThrow('ENOENT')
})

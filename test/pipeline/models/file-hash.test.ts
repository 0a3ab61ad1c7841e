import {createHash} from 'node:crypto'
import {mkdtemp, readdir, readFile, rm, stat, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {digestFile} from '../../../src/pipeline/download/digest-file.js'
import {hashFile, rememberHash} from '../../../src/pipeline/models/file-hash.js'

let home: string
let env: Record<string, string>
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-hash-'))
  env = {LINGULU_CACHE: join(home, 'cache')}
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

async function write(name: string, content: string): Promise<string> {
  const path = join(home, name)
  await writeFile(path, content)
  return path
}

const notes = async () => await readdir(join(home, 'cache/hashes'))

test('a file’s hash is SHA-256 of its bytes, and is remembered', async () => {
  const path = await write('a', 'abc')
  expect(await hashFile(path, env)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(await notes()).toHaveLength(1)
})

test('a remembered hash is believed while the file stays as it was', async () => {
  const path = await write('b', 'abc')
  const told = '0'.repeat(64)
  await rememberHash(path, told, env)
  expect(await hashFile(path, env)).toBe(told)
})

test('a file that was changed, touched or put in its place is read again', async () => {
  const path = await write('c', 'abc')
  const told = '0'.repeat(64)
  for (const change of [
    async () => await writeFile(path, 'abcd'),
    async () => await utimes(path, new Date(0), new Date(0)),
    async () => {
      const {atime, mtime} = await stat(path)
      await rm(path)
      await writeFile(path, 'xyzw')
      await utimes(path, atime, mtime)
    },
  ]) {
    await rememberHash(path, told, env)
    await change()
    expect(await hashFile(path, env)).toBe(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    )
  }
})

test('a damaged note is computed anew', async () => {
  const path = await write('d', 'abc')
  const before = new Set(await notes())
  const hash = await hashFile(path, env)
  const [note] = (await notes()).filter(name => !before.has(name))
  for (const damage of ['', '{', '{"path": 3}', '[]']) {
    await writeFile(join(home, 'cache/hashes', note ?? ''), damage)
    expect(await hashFile(path, env)).toBe(hash)
  }
})

test('git’s name for a blob is that of git hash-object', async () => {
  expect(await digestFile(await write('e', 'hello\n'), 'gitBlob')).toBe('ce013625030ba8dba906f756967f9e9ca394464a')
})

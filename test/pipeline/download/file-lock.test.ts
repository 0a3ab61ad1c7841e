import {existsSync} from 'node:fs'
import {mkdtemp, rm, stat, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {acquireLock, type FileLock} from '../../../src/pipeline/download/file-lock.js'

let home: string
let count = 0
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-lock-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

const newPath = () => join(home, String(count++), '.lock')

async function take(path: string, signal?: AbortSignal): Promise<{lock: FileLock; waited: number}> {
  const taking = acquireLock(path, signal)
  for (let waited = 0; ; waited++) {
    const step = await taking.next()
    if (step.done) return {lock: step.value, waited}
  }
}

test('one holder at a time, whoever asks', async () => {
  const path = newPath()
  let inside = 0
  let most = 0
  const work = async () => {
    const {lock} = await take(path)
    most = Math.max(most, ++inside)
    await new Promise(resolve => setTimeout(resolve, 20))
    inside--
    await lock.release()
  }
  await Promise.all(Array.from({length: 4}, work))
  expect(most).toBe(1)
  expect(existsSync(path)).toBe(false)
})

test('who waits is told once, and can give up', async () => {
  const path = newPath()
  const {lock, waited} = await take(path)
  expect(waited).toBe(0)
  await expect(take(path, AbortSignal.timeout(450))).rejects.toMatchObject({code: 'INTERRUPTED'})
  await lock.release()
  expect((await take(path)).waited).toBe(0)
})

test('a lock that nobody keeps fresh is taken over, and its late owner does not take it back', async () => {
  const path = newPath()
  const {lock: sleeper} = await take(path)
  await utimes(path, new Date(0), new Date(0))
  const {lock, waited} = await take(path)
  expect(waited).toBe(1)
  await sleeper.release()
  expect(existsSync(path)).toBe(true)
  await lock.release()
  expect(existsSync(path)).toBe(false)
})

test('a lock that is held stays fresh', async () => {
  const path = newPath()
  const {lock} = await take(path)
  await utimes(path, new Date(0), new Date(0))
  await new Promise(resolve => setTimeout(resolve, 2500))
  expect(Date.now() - (await stat(path)).mtimeMs).toBeLessThan(3000)
  await lock.release()
})

test('a lock in a place that cannot be written is an error, not a hang', async () => {
  const path = join(home, 'file')
  await writeFile(path, '')
  await expect(take(join(path, '.lock'))).rejects.toThrow()
})

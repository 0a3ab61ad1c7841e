import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdtemp, readdir, rm, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {acquireLock} from '../../../src/pipeline/download/file-lock.js'
import {ownIdentity} from '../../../src/pipeline/transcripts/process-identity.js'
import type {ProcessLock} from '../../../src/pipeline/transcripts/process-lock.js'

let home: string
let count = 0
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-lock-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

const newPath = () => join(home, String(count++), '.lock')

async function take(path: string, signal?: AbortSignal): Promise<{lock: ProcessLock; waited: number}> {
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

describe('a lock that was left behind is taken over at once', () => {
  const {pid: deadPid} = spawnSync(process.execPath, ['-e', ''])
  test.each([
    ['its process is gone', {pid: deadPid}, 0],
    ['it is of another machine and has been silent', {host: 'ffffffff'}, 600],
  ])('%s', async (_, holder, ageSeconds) => {
    const path = newPath()
    const {lock: killed} = await take(path)
    await writeFile(path, JSON.stringify({...(await ownIdentity()), since: 'then', lock: 'x', ...holder}))
    const then = new Date(Date.now() - ageSeconds * 1000)
    await utimes(path, then, then)
    const {lock, waited} = await take(path)
    expect(waited).toBe(0)
    await killed.release() // had it only slept, it would not take it back
    expect(existsSync(path)).toBe(true)
    await lock.release()
    expect(await readdir(dirname(path))).toEqual([])
  })
})

test('a lock whose holder lives is not taken over, however long it was silent', async () => {
  const path = newPath()
  const {lock} = await take(path)
  await utimes(path, new Date(0), new Date(0))
  await expect(take(path, AbortSignal.timeout(450))).rejects.toMatchObject({code: 'INTERRUPTED'})
  await lock.release()
})

test('a lock in a place that cannot be written is an error, not a hang', async () => {
  const path = join(home, 'file')
  await writeFile(path, '')
  await expect(take(join(path, '.lock'))).rejects.toThrow()
})

import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {fingerprintInput, isUnchanged} from '../../../src/pipeline/inputs/fingerprint.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

test('a file is known by its content', async () => {
  const path = join(await temporaryFolder(), 'a.wav')
  await writeFile(path, 'one')
  const known = (await fingerprintInput(path))!
  expect(known).toMatchObject({bytes: 3, sha256: createHash('sha256').update('one').digest('hex')})
  expect(await isUnchanged(path, known)).toBe(true)
  await utimes(path, 5, 5)
  expect(await isUnchanged(path, known)).toBe(true)
  await writeFile(path, 'two')
  await utimes(path, 6, 6)
  expect(await isUnchanged(path, known)).toBe(false)
  await writeFile(path, 'three')
  expect(await isUnchanged(path, known)).toBe(false)
  expect(await isUnchanged(`${path}.gone`, known)).toBe(false)
})

test('what can be read only once is not read', async () => {
  const pipe = join(await temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  expect(await fingerprintInput(pipe)).toBeUndefined()
  expect(await fingerprintInput('-')).toBeUndefined()
})

test('a file that is not there is INPUT_MISSING', async () => {
  const path = join(await temporaryFolder(), 'gone.wav')
  await expect(fingerprintInput(path)).rejects.toThrow(expect.objectContaining({code: 'INPUT_MISSING'}))
})

import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {readdir, readFile, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {LOCK_NAME, lockOutputs} from '../../../src/pipeline/transcripts/output-lock.js'
import {ownIdentity} from '../../../src/pipeline/transcripts/process-identity.js'
import {temporaryFolder} from './temporary-folder.js'

test('a second run is refused with the process that holds the folder, until the first lets go', async () => {
  const folder = join(await temporaryFolder(), 'made')
  const lock = await lockOutputs(folder)
  const refused = expect.objectContaining({code: 'USAGE', message: expect.stringContaining(`process ${process.pid}`)})
  await expect(lockOutputs(folder)).rejects.toThrow(refused)
  await lock.release()
  expect(await readdir(folder)).toEqual([])
  await (await lockOutputs(folder)).release()
})

describe('a lock that was left behind is taken over', () => {
  const {pid: deadPid} = spawnSync(process.execPath, ['-e', ''])
  test.each([
    ['its process is gone', {pid: deadPid}, 0],
    ['its process number has another process now', {started: 'x1'}, 0],
    ['it is of another machine and has been silent', {host: 'ffffffff', pid: 1}, 600],
    ['it is half written and old', undefined, 600],
  ])('%s', async (_, holder, ageSeconds) => {
    const folder = await temporaryFolder()
    const path = join(folder, LOCK_NAME)
    await writeFile(
      path,
      holder ? JSON.stringify({...(await ownIdentity()), since: 'then', lock: 'x', ...holder}) : '{"pi',
    )
    const then = new Date(Date.now() - ageSeconds * 1000)
    await utimes(path, then, then)
    const lock = await lockOutputs(folder)
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({pid: process.pid})
    await lock.release()
    expect(await readdir(folder)).toEqual([])
  })

  test('only by one of many that come at once', async () => {
    const folder = await temporaryFolder()
    const stale = {...(await ownIdentity()), pid: deadPid, since: 'then'}
    for (let round = 0; round < 25; round++) {
      await writeFile(join(folder, LOCK_NAME), JSON.stringify({...stale, lock: String(round)}))
      const locks = await Promise.allSettled(Array.from({length: 8}, () => lockOutputs(folder)))
      const taken = locks.flatMap(lock => (lock.status === 'fulfilled' ? [lock.value] : []))
      expect(taken).toHaveLength(1)
      await taken[0]?.release()
      expect(await readdir(folder)).toEqual([])
    }
  })

  test('and nothing stays of one who was killed when he had removed it', async () => {
    const folder = await temporaryFolder()
    const stale = {...(await ownIdentity()), pid: deadPid, since: 'then', lock: 'removal'}
    await writeFile(join(folder, `${LOCK_NAME}.0123456789abcdef`), JSON.stringify(stale))
    const lock = await lockOutputs(folder)
    expect(await readdir(folder)).toEqual([LOCK_NAME])
    await lock.release()
  })

  test('also if the one who took it over was killed in between', async () => {
    const folder = await temporaryFolder()
    const stale = {...(await ownIdentity()), pid: deadPid, since: 'then'}
    const content = JSON.stringify({...stale, lock: 'run'})
    const removal = `${LOCK_NAME}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}`
    await writeFile(join(folder, LOCK_NAME), content)
    await writeFile(join(folder, removal), JSON.stringify({...stale, lock: 'removal'}))
    await (await lockOutputs(folder)).release()
    expect(await readdir(folder)).toEqual([])
  })
})

test('a lock of another machine that still beats is respected', async () => {
  const folder = await temporaryFolder()
  await writeFile(
    join(folder, LOCK_NAME),
    JSON.stringify({pid: 1, started: '1', host: 'ffffffff', since: 'then', lock: 'x'}),
  )
  await expect(lockOutputs(folder)).rejects.toThrow(expect.objectContaining({hint: expect.stringContaining(LOCK_NAME)}))
})

test('a folder that cannot be made is an OUTPUT_FAILED', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file'), '')
  await expect(lockOutputs(join(folder, 'file/out'))).rejects.toThrow(expect.objectContaining({code: 'OUTPUT_FAILED'}))
})

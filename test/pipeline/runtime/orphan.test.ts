import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readdirSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {afterEach, expect, test} from 'vitest'

const OWNER = fileURLToPath(new URL('../../fixtures/runtime/orphan-owner.ts', import.meta.url))

let owner: ChildProcess | undefined

afterEach(() => {
  owner?.kill('SIGKILL')
})

async function startOwner(behaviour: string): Promise<number> {
  owner = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), OWNER, behaviour], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(owner.stdout ?? owner, 'data')
  return Number(String(line))
}

async function endsWithin(pid: number, seconds: number): Promise<boolean> {
  for (let waited = 0; waited < seconds * 10; waited++) {
    try {
      process.kill(pid, 0)
    } catch {
      return true
    }
    await sleep(100)
  }
  return false
}

test.each([
  ['that waits', 'wait'],
  ['that hangs in native code', 'hang'],
])('a worker %s ends when its owner is killed with -9', async (_, behaviour) => {
  const worker = await startOwner(behaviour)
  owner?.kill('SIGKILL')
  expect(await endsWithin(worker, 10)).toBe(true)
})

test('a worker ends with its owner on Ctrl-C, which reaches both', async () => {
  const worker = await startOwner('wait')
  process.kill(worker, 'SIGINT')
  owner?.kill('SIGINT')
  expect(await endsWithin(worker, 10)).toBe(true)
})

test('the spool folder that a killed owner leaves is deleted by the next', async () => {
  await startOwner('wait')
  const dead = owner?.pid
  owner?.kill('SIGKILL')
  await once(owner ?? process, 'exit')
  const left = () => readdirSync(tmpdir()).filter(name => name.startsWith(`lingulu-spool-${dead}-`))
  expect(left()).toHaveLength(1)
  await startOwner('wait')
  expect(left()).toHaveLength(0)
})

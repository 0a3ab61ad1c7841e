import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {resolveCheckpoint} from '../../../../src/pipeline/training/tasks/resolve-checkpoint.js'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-checkpoint-'))
})
afterEach(() => rm(home, {recursive: true, force: true}))

const COMMIT = '0123456789012345678901234567890123456789'

async function addToCache(id: string, ...files: readonly string[]): Promise<string> {
  const repository = join(home, 'hub', `models--${id.replace('/', '--')}`)
  const snapshot = join(repository, 'snapshots', COMMIT)
  await mkdir(snapshot, {recursive: true})
  await mkdir(join(repository, 'refs'))
  await writeFile(join(repository, 'refs/main'), COMMIT)
  for (const file of files) await writeFile(join(snapshot, file), '{}')
  return snapshot
}

const options = () => ({offline: true, env: {HF_HUB_CACHE: join(home, 'hub'), LINGULU_CACHE: join(home, 'own')}})

test('a folder with a config.json is the checkpoint', async () => {
  await writeFile(join(home, 'config.json'), '{}')
  expect(await resolveCheckpoint(home)).toBe(home)
})

test.each(['whisper-tiny', 'openai/whisper-tiny'])('%s is found in a cache where it has its weights', async name => {
  const folder = await addToCache('openai/whisper-tiny', 'config.json', 'model.safetensors')
  expect(await resolveCheckpoint(name, options())).toBe(folder)
})

test('a snapshot without weights is not enough', async () => {
  await addToCache('openai/whisper-tiny', 'config.json', 'tokenizer.json')
  await expect(resolveCheckpoint('whisper-tiny', options())).rejects.toThrow('openai/whisper-tiny')
})

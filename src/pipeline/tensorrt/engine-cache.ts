import {createHash} from 'node:crypto'
import {constants} from 'node:fs'
import {copyFile, mkdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {z} from 'zod'
import {digestFile} from '../download/digest-file.js'
import {cacheRoot, type Environment} from '../models/cache-root.js'
import type {FileRecord} from '../models/file-record.js'
import {temporaryPath} from '../transcripts/atomic-write.js'
import {makeFolder} from '../transcripts/make-folder.js'
import {ownIdentity} from '../transcripts/process-identity.js'
import type {GpuIdentity} from './gpu-identity.js'

/** All that an engine depends on. */
export interface EngineIdentity {
  /** The ONNX file and those with its weights. */
  readonly files: readonly FileRecord[]
  readonly convertedToHalf: boolean
  readonly gpu: GpuIdentity
  /** With its build. */
  readonly tensorrt: string
  readonly flags: readonly string[]
}

const CacheEntry = z.strictObject({
  format: z.literal('lingulu-tensorrt-engine'),
  version: z.literal(1),
  bytes: z.int().positive(),
  sha256: z.string().length(64),
  buildSeconds: z.number().nonnegative().nullable(),
})

export interface CachedEngine {
  readonly enginePath: string
  readonly logPath: string
  readonly buildSeconds: number | undefined
}

const ENGINE = 'engine'
const LOG = 'build.log'
const ENTRY = 'entry.json'

/** What an identity is called: paths and names of files have no part in it. */
export function engineKey({files, convertedToHalf, gpu, tensorrt, flags}: EngineIdentity): string {
  const content = {hashes: files.map(({sha256}) => sha256), convertedToHalf, gpu, tensorrt, flags}
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32)
}

const entryFolder = (key: string, env: Environment) => join(cacheRoot(env), 'tensorrt', 'engines', key)

/** An engine that was built before; undefined where there is none, or it is damaged. */
export async function findEngine(key: string, env: Environment): Promise<CachedEngine | undefined> {
  const folder = entryFolder(key, env)
  try {
    const entry = CacheEntry.parse(JSON.parse(await readFile(join(folder, ENTRY), 'utf8')))
    const enginePath = join(folder, ENGINE)
    if ((await stat(enginePath)).size !== entry.bytes) return undefined
    if ((await digestFile(enginePath, 'sha256')) !== entry.sha256) return undefined
    await stat(join(folder, LOG))
    return {enginePath, logPath: join(folder, LOG), buildSeconds: entry.buildSeconds ?? undefined}
  } catch {
    return undefined // absent or damaged: the engine is built again
  }
}

/** Keeps a copy of an engine and its log. A cache that cannot be written is no error: it costs time, nothing else. */
export async function keepEngine(key: string, {enginePath, logPath, buildSeconds}: CachedEngine, env: Environment) {
  const folder = entryFolder(key, env)
  const draft = temporaryPath(folder, await ownIdentity())
  try {
    await makeFolder(dirname(folder))
    await mkdir(draft)
    await copyQuickly(enginePath, join(draft, ENGINE))
    await copyQuickly(logPath, join(draft, LOG))
    const entry: z.infer<typeof CacheEntry> = {
      format: 'lingulu-tensorrt-engine',
      version: 1,
      bytes: (await stat(enginePath)).size,
      sha256: await digestFile(enginePath, 'sha256'),
      buildSeconds: buildSeconds ?? null,
    }
    await writeFile(join(draft, ENTRY), JSON.stringify(entry))
    await rm(folder, {recursive: true, force: true}) // a damaged one
    await rename(draft, folder)
  } catch {
    await rm(draft, {recursive: true, force: true}).catch(() => undefined)
  }
}

/** File systems that can share the blocks do. */
export async function copyQuickly(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
}

/**
 * Where `trtexec` notes how long kernels take, which makes later builds faster: a file for each GPU and TensorRT. It is
 * copied before a build and put back after it, so that two builds at once cannot garble it.
 */
export function timingCachePath(gpu: GpuIdentity, tensorrt: string, env: Environment): string {
  const name = createHash('sha256')
    .update(JSON.stringify([gpu, tensorrt]))
    .digest('hex')
    .slice(0, 16)
  return join(cacheRoot(env), 'tensorrt', 'timing', `${name}.cache`)
}

export async function takeTimingCache(path: string, copy: string): Promise<void> {
  await copyQuickly(path, copy).catch(() => undefined)
}

export async function putTimingCache(copy: string, path: string): Promise<void> {
  const draft = temporaryPath(path, await ownIdentity())
  try {
    await makeFolder(dirname(path))
    await copyQuickly(copy, draft)
    await rename(draft, path)
  } catch {
    await rm(draft, {force: true}).catch(() => undefined)
  }
}

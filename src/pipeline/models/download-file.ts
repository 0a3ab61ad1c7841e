import {type FileHandle, mkdir, open, rename, rm, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import {digestFile} from './file-hash.js'
import type {HubFile} from './hub-listing.js'
import {type HubContext, type HubResponse, hubRequest} from './hub-request.js'
import {type RetryEvent, retrying, TransientError} from './retrying.js'

export type DownloadEvent =
  | RetryEvent
  /** `receivedBytes` of the file are on the disk; less than before if the server made us begin again. */
  | {readonly type: 'progress'; readonly path: string; readonly receivedBytes: number; readonly bytes: number}

const PROGRESS_INTERVAL_MS = 100

/**
 * Fetches one file: into `target` once its size and digest are right, until then into a `.partial` file beside it, with
 * which a later call goes on.
 *
 * @throws LinguluError `MODEL_DOWNLOAD` if the file on the server is not the one the listing promised; `INTERRUPTED`;
 *   see {@link hubRequest} for the rest. Errors of the file system come as they are.
 */
export async function* downloadFile(
  file: HubFile,
  url: URL,
  target: string,
  context: HubContext,
): AsyncGenerator<DownloadEvent> {
  await mkdir(dirname(target), {recursive: true})
  const download: Download = {file, url, partial: partialPath(target, file), context, etag: undefined}
  if (file.digest === undefined) await rm(download.partial, {force: true}) // nothing tells whether it is of this version
  for (let wrong = 0; ; wrong++) {
    yield* retrying(file.path, () => fetchRest(download), context.policy, context.signal)
    const problem = await findDamage(download)
    if (problem === undefined) break
    await rm(download.partial, {force: true})
    if (wrong === 1)
      throw new LinguluError('MODEL_DOWNLOAD', `${file.path} from ${url.host} is damaged: ${problem}.`, {
        hint: 'It was fetched twice and thrown away. Try again later or another HF_ENDPOINT.',
      })
    yield {type: 'retry', what: file.path, reason: problem, delaySeconds: 0}
  }
  await rename(download.partial, target)
}

/** One file under way. */
interface Download {
  readonly file: HubFile
  readonly url: URL
  readonly partial: string
  readonly context: HubContext
  /** Of the response that the bytes so far come from. */
  etag: string | undefined
}

/** Named for its content: what another version of the file left behind is never gone on with. */
function partialPath(target: string, {digest}: HubFile): string {
  return `${target}.${digest === undefined ? process.pid : digest.hex.slice(0, 16)}.partial`
}

async function* fetchRest(download: Download): AsyncGenerator<DownloadEvent> {
  const {file, partial, context} = download
  const there = await sizeOf(partial)
  if (there === file.bytes && there > 0) return
  const offset = there < file.bytes ? there : 0
  const answer = await hubRequest(file.path, download.url, rangeHeaders(offset, download.etag), context)
  try {
    const start = await startOf(answer.response, offset, file)
    download.etag = strongTag(answer.response)
    const handle = await open(partial, start === 0 ? 'w' : 'a')
    try {
      yield* writeBody(answer, handle, start, file)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } finally {
    answer.guard.close()
  }
}

function rangeHeaders(offset: number, etag: string | undefined): Record<string, string> {
  if (offset === 0) return {}
  return {range: `bytes=${offset}-`, ...(etag === undefined ? {} : {'if-range': etag})}
}

/** Where in the file the response's body begins. */
async function startOf(response: Response, offset: number, file: HubFile): Promise<number> {
  if (response.status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
    if (Number(first) === offset && (total === '*' || Number(total) === file.bytes)) return offset
    await response.body?.cancel()
    if (total === undefined || Number(total) === file.bytes || total === '*')
      throw new TransientError(`the server sent another range than the one asked for`)
    throw wrongLength(file, Number(total))
  }
  if (response.status === 416) {
    await response.body?.cancel()
    throw wrongLength(file, offset)
  }
  const length = response.headers.get('content-length')
  const encoded = response.headers.has('content-encoding') // then the length is not the file's
  if (length === null || encoded || Number(length) === file.bytes) return 0
  await response.body?.cancel()
  throw wrongLength(file, Number(length))
}

async function* writeBody(
  {response, guard}: HubResponse,
  handle: FileHandle,
  start: number,
  file: HubFile,
): AsyncGenerator<DownloadEvent> {
  let received = start
  let reportedAt = 0
  const report = () => ({type: 'progress' as const, path: file.path, receivedBytes: received, bytes: file.bytes})
  yield report()
  const body = response.body?.[Symbol.asyncIterator]()
  for (;;) {
    const chunk = await nextChunk(body, guard, received > start)
    if (chunk === undefined) break
    guard.touch()
    received += chunk.length
    if (received > file.bytes) throw wrongLength(file, received)
    await handle.writeFile(chunk)
    if (performance.now() - reportedAt < PROGRESS_INTERVAL_MS) continue
    reportedAt = performance.now()
    yield report()
  }
  if (received < file.bytes)
    throw new TransientError(`the connection ended after ${received} of ${file.bytes} bytes`, {
      progressed: received > start,
    })
  yield report()
}

async function nextChunk(
  body: AsyncIterator<Uint8Array> | undefined,
  guard: HubResponse['guard'],
  progressed: boolean,
): Promise<Uint8Array | undefined> {
  try {
    const next = await body?.next()
    return next?.done ? undefined : next?.value
  } catch (cause) {
    throw guard.explain(progressed) ?? new TransientError('the connection was cut', {cause, progressed})
  }
}

async function findDamage({file, partial}: Download): Promise<string | undefined> {
  if (file.digest === undefined) return undefined
  const hex = await digestFile(partial, file.digest.kind)
  return hex === file.digest.hex
    ? undefined
    : `its ${file.digest.kind === 'sha256' ? 'SHA-256' : 'git hash'} is ${hex}, not ${file.digest.hex}`
}

/** Weak tags do not promise equal bytes and may not be used with If-Range. */
function strongTag(response: Response): string | undefined {
  const tag = response.headers.get('etag')
  return tag === null || tag.startsWith('W/') ? undefined : tag
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

function wrongLength(file: HubFile, bytes: number): LinguluError {
  return new LinguluError(
    'MODEL_DOWNLOAD',
    `${file.path} has the wrong length: the listing says ${file.bytes} bytes, the server ${bytes}.`,
    {
      hint: 'A proxy may answer in the hub’s place, or the repository has just changed: try again.',
    },
  )
}

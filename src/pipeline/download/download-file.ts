import {type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import {DIGEST_NAMES, type Digest, digestFile} from './digest-file.js'
import type {DownloadContext} from './download-context.js'
import {type HttpResponse, httpRequest} from './http-request.js'
import {type RetryEvent, retrying, TransientError, throwIfInterrupted} from './retrying.js'

/** What is known of a file before it is fetched. */
export interface RemoteFile {
  /** What events and errors call it. */
  readonly path: string
  /** Undefined where only the server knows. */
  readonly bytes: number | undefined
  /** Not a byte more is written. Default: `bytes`. */
  readonly maximumBytes?: number | undefined
  readonly digest: Digest | undefined
}

export type DownloadEvent =
  | RetryEvent
  /** `receivedBytes` of the file are on the disk; less than before if the server made us begin again. */
  | {
      readonly type: 'progress'
      readonly path: string
      readonly receivedBytes: number
      /** Undefined where the server does not tell. */
      readonly bytes: number | undefined
    }

const PROGRESS_INTERVAL_MS = 100

/**
 * Fetches one file: into `target` once its size and digest are right, until then into a `.partial` file beside it, with
 * which a later call goes on. Where there is no digest, it goes on only if the server says that the file is the same.
 *
 * @throws LinguluError the terms' `failed` if the file on the server is not the one that was promised; `INTERRUPTED`;
 *   see {@link httpRequest} for the rest. Errors of the file system come as they are.
 */
export async function* downloadFile(
  file: RemoteFile,
  url: URL,
  target: string,
  context: DownloadContext,
): AsyncGenerator<DownloadEvent> {
  await mkdir(dirname(target), {recursive: true})
  const download = await resume(file, url, target, context)
  for (let wrong = 0; ; wrong++) {
    yield* retrying(file.path, () => fetchRest(download), context)
    const problem = await findDamage(download)
    if (problem === undefined) break
    await rm(download.partial, {force: true})
    if (wrong === 1)
      throw new LinguluError(context.terms.failed, `${file.path} from ${url.host} is damaged: ${problem}.`, {
        hint: context.terms.hints.damaged,
      })
    yield {type: 'retry', what: file.path, reason: problem, delaySeconds: 0}
  }
  await rename(download.partial, target)
  await rm(tagPath(download), {force: true})
}

/** One file under way. */
interface Download {
  readonly file: RemoteFile
  readonly url: URL
  readonly partial: string
  readonly context: DownloadContext
  /** Of the response that the bytes so far come from. */
  etag: string | undefined
  /** As the catalogue or else the server says. */
  bytes: number | undefined
}

async function resume(file: RemoteFile, url: URL, target: string, context: DownloadContext): Promise<Download> {
  const download: Download = {
    file,
    url,
    // Named for its content: what another version of the file left behind is never gone on with.
    partial: `${target}.${file.digest === undefined ? 'unchecked' : file.digest.hex.slice(0, 16)}.partial`,
    context,
    etag: undefined,
    bytes: file.bytes,
  }
  if (file.digest !== undefined) return download
  download.etag = await readFile(tagPath(download), 'utf8').catch(() => undefined)
  if (download.etag === undefined) await rm(download.partial, {force: true}) // nothing tells whether it is of this version
  return download
}

/** Where the server's tag for the bytes so far is kept, where no digest will tell whether they belong together. */
function tagPath({partial}: Download): string {
  return `${partial}.tag`
}

async function* fetchRest(download: Download): AsyncGenerator<DownloadEvent> {
  const {file, partial, context} = download
  const there = await sizeOf(partial)
  if (there === download.bytes && there > 0) return
  const offset = download.bytes === undefined || there < download.bytes ? there : 0
  const answer = await httpRequest(file.path, download.url, rangeHeaders(offset, download.etag), context)
  try {
    const start = await startOf(answer.response, offset, download)
    if (start === 'complete') return
    await keepTag(download, strongTag(answer.response))
    const handle = await open(partial, start === 0 ? 'w' : 'a')
    try {
      yield* writeBody(answer, handle, start, download)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } finally {
    answer.guard.close()
  }
}

async function keepTag(download: Download, tag: string | undefined): Promise<void> {
  if (download.etag === tag && tag !== undefined) return
  download.etag = tag
  if (download.file.digest !== undefined) return
  if (tag === undefined) await rm(tagPath(download), {force: true})
  else await writeFile(tagPath(download), tag)
}

function rangeHeaders(offset: number, etag: string | undefined): Record<string, string> {
  if (offset === 0) return {}
  return {range: `bytes=${offset}-`, ...(etag === undefined ? {} : {'if-range': etag})}
}

/** Where in the file the response's body begins. Notes the file's size if only the server knows it. */
async function startOf(response: Response, offset: number, download: Download): Promise<number | 'complete'> {
  const {file} = download
  if (response.status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
    const agrees = total === '*' || (total !== undefined && (file.bytes ?? Number(total)) === Number(total))
    if (Number(first) === offset && agrees) {
      if (total !== '*') download.bytes = Number(total)
      return offset
    }
    await response.body?.cancel()
    if (total === undefined || agrees) throw new TransientError(`the server sent another range than the one asked for`)
    throw wrongLength(download, Number(total))
  }
  if (response.status === 416) {
    await response.body?.cancel()
    const [, total] = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? []
    if (file.bytes === undefined && Number(total) === offset) return 'complete'
    throw wrongLength(download, offset)
  }
  const length = response.headers.get('content-length')
  const encoded = response.headers.has('content-encoding') // then the length is not the file's
  if (length === null || encoded || Number(length) === file.bytes) return 0
  if (file.bytes === undefined) {
    download.bytes = Number(length)
    return 0
  }
  await response.body?.cancel()
  throw wrongLength(download, Number(length))
}

async function* writeBody(
  {response, guard}: HttpResponse,
  handle: FileHandle,
  start: number,
  download: Download,
): AsyncGenerator<DownloadEvent> {
  const {file, bytes} = download
  const limit = file.bytes ?? file.maximumBytes ?? Number.POSITIVE_INFINITY
  let received = start
  let reportedAt = 0
  const report = () => ({type: 'progress' as const, path: file.path, receivedBytes: received, bytes})
  yield report()
  const body = response.body?.[Symbol.asyncIterator]()
  for (;;) {
    const chunk = await nextChunk(body, guard, received > start)
    if (chunk === undefined) break
    guard.touch()
    received += chunk.length
    if (received > limit) throw wrongLength(download, received)
    await handle.writeFile(chunk)
    if (performance.now() - reportedAt < PROGRESS_INTERVAL_MS) continue
    reportedAt = performance.now()
    yield report()
  }
  if (bytes !== undefined && received < bytes)
    throw new TransientError(`the connection ended after ${received} of ${bytes} bytes`, {
      progressed: received > start,
    })
  yield report()
}

async function nextChunk(
  body: AsyncIterator<Uint8Array> | undefined,
  guard: HttpResponse['guard'],
  progressed: boolean,
): Promise<Uint8Array | undefined> {
  try {
    const next = await body?.next()
    return next?.done ? undefined : next?.value
  } catch (cause) {
    throw guard.explain(progressed) ?? new TransientError('the connection was cut', {cause, progressed})
  }
}

async function findDamage({file, partial, context}: Download): Promise<string | undefined> {
  if (file.digest === undefined) return undefined
  const hex = await digestFile(partial, file.digest.kind, context.signal).catch(error => {
    throwIfInterrupted(context.signal)
    throw error
  })
  return hex === file.digest.hex ? undefined : `its ${DIGEST_NAMES[file.digest.kind]} is ${hex}, not ${file.digest.hex}`
}

/** Weak tags do not promise equal bytes and may not be used with If-Range. */
function strongTag(response: Response): string | undefined {
  const tag = response.headers.get('etag')
  return tag === null || tag.startsWith('W/') ? undefined : tag
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

function wrongLength({file, context}: Download, bytes: number): LinguluError {
  const expected =
    file.bytes === undefined
      ? `at most ${file.maximumBytes} bytes were expected`
      : `the listing says ${file.bytes} bytes`
  return new LinguluError(
    context.terms.failed,
    `${file.path} has the wrong length: ${expected}, the server ${bytes}.`,
    {hint: context.terms.hints.wrongLength},
  )
}

import {createHash} from 'node:crypto'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

/** What goes wrong with the next request for a file or a listing; each is used once. */
export type Fault =
  | {readonly type: 'cut'; readonly afterBytes: number}
  | {readonly type: 'stall'; readonly afterBytes: number}
  | {readonly type: 'stall-before-headers'}
  | {readonly type: 'status'; readonly status: number; readonly headers?: Record<string, string>}
  | {readonly type: 'redirect'; readonly to: string; readonly status?: number}
  /** Sends these bytes as the whole file. */
  | {
      readonly type: 'instead'
      readonly bytes: Buffer
      readonly status?: number
      readonly headers?: Record<string, string>
    }
  | {readonly type: 'ignore-range'}
  | {readonly type: 'slow'; readonly pauseMs: number; readonly chunkBytes: number}

export interface Request {
  readonly path: string
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly authorization: string | undefined
  readonly host: string | undefined
}

export interface Repository {
  readonly commit: string
  readonly files: Readonly<Record<string, Buffer>>
  /** Listed as well; never to be fetched. */
  readonly extra?: readonly string[]
}

/**
 * A hub on localhost: listing and files of made-up repositories, large files by redirect to a second host (the CDN), as
 * Hugging Face serves them.
 */
export class FakeHub {
  readonly repositories = new Map<string, Repository>()
  readonly requests: Request[] = []
  readonly cdnRequests: Request[] = []
  /** Faults to come, by the end of the request's path, before the query. */
  readonly faults = new Map<string, Fault[]>()
  redirectLarge = false
  tag: string | undefined
  #hub: Server | undefined
  #cdn: Server | undefined

  async start(): Promise<void> {
    this.#hub = await listen((request, response) => this.#serve(request, response, this.requests, true))
    this.#cdn = await listen((request, response) => this.#serve(request, response, this.cdnRequests, false))
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server?.closeAllConnections()
      await new Promise(resolve => server?.close(resolve))
    }
  }

  get endpoint(): string {
    return addressOf(this.#hub)
  }

  get cdn(): string {
    return addressOf(this.#cdn)
  }

  add(
    id: string,
    files: Readonly<Record<string, Buffer>>,
    {commit = 'a'.repeat(40), extra}: Partial<Repository> = {},
  ): void {
    this.repositories.set(id, {commit, files, ...(extra ? {extra} : {})})
  }

  fail(path: string, ...faults: readonly Fault[]): void {
    this.faults.set(path, [...faults])
  }

  /** How often a path was asked for, and from where. */
  rangesOf(path: string): (string | undefined)[] {
    return [...this.requests, ...this.cdnRequests]
      .filter(request => request.path.endsWith(path))
      .map(({range}) => range)
  }

  #serve(request: IncomingMessage, response: ServerResponse, log: Request[], isHub: boolean): void {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)
    const {range, authorization, host} = request.headers
    log.push({path, range, ifRange: request.headers['if-range'] as string | undefined, authorization, host})
    const fault = this.#nextFault(path)
    if (fault?.type === 'status') return void response.writeHead(fault.status, fault.headers).end('no')
    if (fault?.type === 'redirect') return void response.writeHead(fault.status ?? 302, {location: fault.to}).end()
    if (fault?.type === 'stall-before-headers') return
    const listing = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path)
    if (listing) return void this.#list(listing[1] as string, response, fault)
    const [, id, commit, file] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? []
    const repository = this.repositories.get(id ?? '')
    const bytes = repository?.commit === commit ? repository?.files[file ?? ''] : undefined
    if (bytes === undefined)
      return void response.writeHead(404, {'x-error-code': 'EntryNotFound'}).end('Entry not found')
    if (isHub && this.redirectLarge && bytes.length > 1000)
      return void response.writeHead(302, {location: `${this.cdn}${path}`}).end()
    void this.#send(bytes, request, response, fault)
  }

  #nextFault(path: string): Fault | undefined {
    for (const [end, faults] of this.faults) if (path.endsWith(end)) return faults.shift()
    return undefined
  }

  #list(id: string, response: ServerResponse, fault: Fault | undefined): void {
    const repository = this.repositories.get(id)
    if (repository === undefined) return void response.writeHead(401, {'x-error-code': 'RepoNotFound'}).end('{}')
    const siblings = Object.entries(repository.files).map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      blobId: gitBlob(bytes),
      ...(bytes.length > 1000 ? {lfs: {sha256: sha256(bytes), size: bytes.length, pointerSize: 130}} : {}),
    }))
    const extra = (repository.extra ?? []).map(rfilename => ({rfilename, size: 10}))
    const body = Buffer.from(
      JSON.stringify({id, sha: repository.commit, cardData: {license: 'mit'}, siblings: [...siblings, ...extra]}),
    )
    if (fault?.type === 'instead') return void response.writeHead(200, fault.headers).end(fault.bytes)
    response.writeHead(200, {'content-type': 'application/json', 'content-length': body.length})
    if (fault?.type !== 'cut') return void response.end(body)
    response.write(body.subarray(0, fault.afterBytes), () => cutSoon(response))
  }

  async #send(
    whole: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    if (fault?.type === 'instead')
      return void response
        .writeHead(fault.status ?? 200, fault.headers ?? {'content-length': fault.bytes.length})
        .end(fault.bytes)
    const tag = this.tag ?? `"${sha256(whole)}"`
    const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
    const ifRange = request.headers['if-range']
    const partial = first !== undefined && fault?.type !== 'ignore-range' && (ifRange === undefined || ifRange === tag)
    const from = partial ? Number(first) : 0
    if (from >= whole.length && partial)
      return void response.writeHead(416, {'content-range': `bytes */${whole.length}`}).end()
    const bytes = whole.subarray(from)
    response.writeHead(partial ? 206 : 200, {
      'content-length': bytes.length,
      'accept-ranges': 'bytes',
      etag: tag,
      ...(partial ? {'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}`} : {}),
    })
    if (fault?.type === 'cut') return void response.write(bytes.subarray(0, fault.afterBytes), () => cutSoon(response))
    if (fault?.type === 'stall') return void response.write(bytes.subarray(0, fault.afterBytes))
    if (fault?.type === 'slow') {
      for (let at = 0; at < bytes.length && !response.destroyed; at += fault.chunkBytes) {
        response.write(bytes.subarray(at, at + fault.chunkBytes))
        await new Promise(resolve => setTimeout(resolve, fault.pauseMs))
      }
      return void response.end()
    }
    response.end(bytes)
  }
}

/** Not at once: a client throws away what it had not yet read when the connection breaks. */
function cutSoon(response: ServerResponse): void {
  setTimeout(() => response.destroy(), 250)
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function gitBlob(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handler)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

function addressOf(server: Server | undefined): string {
  const address = server?.address() as AddressInfo
  return `http://127.0.0.1:${address.port}`
}

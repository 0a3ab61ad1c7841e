import {type ErrorCode, LinguluError} from '../errors.js'
import type {DownloadContext} from './download-context.js'
import {TransientError} from './retrying.js'
import {StallGuard} from './stall-guard.js'

/** A response whose body may be read; `guard` must be touched for every piece that arrives, and closed. */
export interface HttpResponse {
  readonly response: Response
  readonly guard: StallGuard
}

/**
 * A GET request that follows redirects itself: every address is asked about its authorization anew, and no redirect
 * leads from https to http.
 *
 * @param what names the request in errors.
 * @throws TransientError for what may pass: the network, 408, 429 and 5xx.
 * @throws LinguluError the terms' `missing` for 404, their `failed` for everything else that is not 2xx or 416.
 */
export async function httpRequest(
  what: string,
  start: URL,
  headers: Readonly<Record<string, string>>,
  context: DownloadContext,
): Promise<HttpResponse> {
  const guard = new StallGuard(context.policy.stallSeconds, context.signal)
  try {
    let url = start
    for (let hops = 0; hops <= context.policy.maximumRedirects; hops++) {
      const response = await fetchOnce(url, headers, context, guard)
      const location = redirectTarget(what, url, response, context.terms.failed)
      if (location === undefined) {
        if (!response.ok && response.status !== 416) throw await statusError(what, url, response, context)
        return {response, guard}
      }
      await response.body?.cancel()
      url = location
    }
    throw new LinguluError(
      context.terms.failed,
      `${what}: more than ${context.policy.maximumRedirects} redirects, the last to ${url.host}.`,
    )
  } catch (error) {
    guard.close()
    throw error
  }
}

async function fetchOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  {authorize, proxies}: DownloadContext,
  guard: StallGuard,
): Promise<Response> {
  const authorization = authorize?.(url)
  const dispatcher = proxies?.dispatcherFor(url)
  try {
    return await fetch(url, {
      ...(dispatcher ? {dispatcher} : {}),
      redirect: 'manual',
      signal: guard.signal,
      headers: {
        'user-agent': 'lingulu',
        'accept-encoding': 'identity', // sizes and byte ranges are those of the file
        ...headers,
        ...(authorization === undefined ? {} : {authorization}),
      },
    })
  } catch (cause) {
    const stopped = guard.explain()
    if (stopped === undefined && !isNetworkError(cause)) throw cause
    throw stopped ?? new TransientError(`${url.host}: ${reasonOf(cause)}`, {cause, unreachable: true})
  } finally {
    guard.touch()
  }
}

function redirectTarget(what: string, from: URL, response: Response, failed: ErrorCode): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined
  const location = response.headers.get('location') ?? ''
  const url = location !== '' && URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new LinguluError(failed, `${what}: ${from.host} redirects to no usable address (“${location}”).`)
  if (from.protocol === 'https:' && url.protocol === 'http:')
    throw new LinguluError(failed, `${what}: ${from.host} redirects to an unencrypted address (${url.host}).`)
  return url
}

async function statusError(
  what: string,
  url: URL,
  response: Response,
  {terms, explainRefusal}: DownloadContext,
): Promise<Error> {
  await response.body?.cancel()
  const {status} = response
  const answer = `${url.host} answered ${status}${response.statusText ? ` ${response.statusText}` : ''}`
  if (status === 408 || status === 429 || status >= 500)
    return new TransientError(answer, {retryAfterSeconds: retryAfter(response.headers.get('retry-after'))})
  const {hint, reason} = explainRefusal?.(response) ?? {}
  const missing = status === 404 || status === 410
  const sentence = missing ? (reason ?? 'It is not there.') : reason
  return new LinguluError(
    missing ? terms.missing : terms.failed,
    `${what}: ${answer}.${sentence === undefined ? '' : ` ${sentence}`}`,
    {hint},
  )
}

/** Retry-After is a number of seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}

/** fetch rejects with a TypeError for the network and for wrong arguments alike; only the former has a cause. */
function isNetworkError(error: unknown): boolean {
  return error instanceof TypeError && error.cause !== undefined
}

/** fetch says “fetch failed”; what happened is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const {cause} = error
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message
  return cause instanceof Error ? cause.message : error.message
}

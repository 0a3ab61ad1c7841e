import {LinguluError} from '../errors.js'
import type {HubPolicy, HubSettings} from './hub-settings.js'
import type {Proxies} from './proxy.js'
import {TransientError} from './retrying.js'
import {StallGuard} from './stall-guard.js'

export interface HubContext {
  readonly settings: HubSettings
  readonly policy: HubPolicy
  readonly signal?: AbortSignal | undefined
  readonly proxies?: Proxies | undefined
}

/** A response whose body may be read; `guard` must be touched for every piece that arrives, and closed. */
export interface HubResponse {
  readonly response: Response
  readonly guard: StallGuard
}

/**
 * A GET request that follows redirects itself: the token goes to the hub's own host only, and no redirect leads from
 * https to http.
 *
 * @param what names the request in errors.
 * @throws TransientError for what may pass: the network, 408, 429 and 5xx.
 * @throws LinguluError `MODEL_MISSING` for 404, `MODEL_DOWNLOAD` for everything else that is not 2xx or 416.
 */
export async function hubRequest(
  what: string,
  start: URL,
  headers: Readonly<Record<string, string>>,
  context: HubContext,
): Promise<HubResponse> {
  const guard = new StallGuard(context.policy.stallSeconds, context.signal)
  try {
    let url = start
    for (let hops = 0; hops <= context.policy.maximumRedirects; hops++) {
      const response = await fetchOnce(url, headers, context, guard)
      const location = redirectTarget(what, url, response)
      if (location === undefined) {
        if (!response.ok && response.status !== 416) throw await statusError(what, url, response, context.settings)
        return {response, guard}
      }
      await response.body?.cancel()
      url = location
    }
    throw new LinguluError(
      'MODEL_DOWNLOAD',
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
  {settings, proxies}: HubContext,
  guard: StallGuard,
): Promise<Response> {
  const authorization = settings.token !== undefined && url.origin === settings.endpoint.origin
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
        ...(authorization ? {authorization: `Bearer ${settings.token}`} : {}),
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

function redirectTarget(what: string, from: URL, response: Response): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined
  const location = response.headers.get('location') ?? ''
  const url = location !== '' && URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new LinguluError('MODEL_DOWNLOAD', `${what}: ${from.host} redirects to no usable address (“${location}”).`)
  if (from.protocol === 'https:' && url.protocol === 'http:')
    throw new LinguluError('MODEL_DOWNLOAD', `${what}: ${from.host} redirects to an unencrypted address (${url.host}).`)
  return url
}

async function statusError(what: string, url: URL, response: Response, settings: HubSettings): Promise<Error> {
  await response.body?.cancel()
  const {status} = response
  const answer = `${url.host} answered ${status}${response.statusText ? ` ${response.statusText}` : ''}`
  if (status === 408 || status === 429 || status >= 500)
    return new TransientError(answer, {retryAfterSeconds: retryAfter(response.headers.get('retry-after'))})
  const code = response.headers.get('x-error-code')
  if (status === 401 || status === 403) return refused(`${what}: ${answer}`, code, settings)
  if (status === 404 || status === 410)
    return new LinguluError(
      'MODEL_MISSING',
      `${what}: ${answer}. ${code === 'RevisionNotFound' ? 'The repository has no such revision.' : 'It is not there.'}`,
      {
        hint: 'Check the spelling: a hub id is owner/name, case-sensitive. `lingulu models list` shows the catalogue.',
      },
    )
  return new LinguluError('MODEL_DOWNLOAD', `${what}: ${answer}.`)
}

/** The hub answers 401 for a repository that does not exist, too, so as not to tell private ones apart. */
function refused(message: string, code: string | null, {token, endpoint}: HubSettings): LinguluError {
  const hint =
    code === 'GatedRepo'
      ? `The model is gated: accept its terms on ${endpoint.host}, then set HF_TOKEN to a token of that account.`
      : token === undefined
        ? `It does not exist (check the spelling), or it is private or gated: then set HF_TOKEN (${endpoint.host}/settings/tokens).`
        : 'HF_TOKEN is wrong or has no access: check the spelling, the token, and whether the model’s terms must be accepted first.'
  return new LinguluError('MODEL_DOWNLOAD', `${message}.`, {hint})
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

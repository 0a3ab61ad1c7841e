import {LinguluError} from '../errors.js'
import type {Environment} from '../models/cache-root.js'

/** What Node's own `fetch` takes to connect in another way. */
export type Dispatcher = NonNullable<RequestInit['dispatcher']>

/** The ways out of a network behind a proxy. */
export interface Proxies {
  /** Undefined: directly. */
  dispatcherFor(url: URL): Dispatcher | undefined
  close(): Promise<void>
}

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (in either case): Node before 24 does not look at them. Undefined
 * where no proxy is set.
 *
 * @throws LinguluError `CONFIG_INVALID` for a proxy that is no address.
 */
export async function openProxies(env: Environment): Promise<Proxies | undefined> {
  const http = env.http_proxy || env.HTTP_PROXY
  const https = env.https_proxy || env.HTTPS_PROXY
  if (!http && !https) return undefined
  for (const address of [http, https])
    if (address && !URL.canParse(address))
      throw new LinguluError('CONFIG_INVALID', `HTTP_PROXY or HTTPS_PROXY is no address: ${address}.`, {
        hint: 'It looks like http://proxy.example:3128.',
      })
  const {ProxyAgent} = await import('undici')
  const agents = {'http:': http ? new ProxyAgent(http) : undefined, 'https:': https ? new ProxyAgent(https) : undefined}
  const exceptions = (env.no_proxy || env.NO_PROXY || '').split(/[\s,]+/).filter(entry => entry !== '')
  return {
    dispatcherFor: url => {
      const agent = url.protocol === 'https:' || url.protocol === 'http:' ? agents[url.protocol] : undefined
      if (agent === undefined || exceptions.some(entry => excepts(entry, url))) return undefined
      return agent as unknown as Dispatcher // undici 6 as in Node 20: the same thing, its types are spelled apart
    },
    close: async () => {
      await Promise.all([agents['http:']?.destroy(), agents['https:']?.destroy()])
    },
  }
}

/** `*`, a host, or a domain with or without a leading dot or `*.`, each perhaps with a port. */
export function excepts(entry: string, url: URL): boolean {
  if (entry === '*') return true
  const [, domain = '', port] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? []
  const actualPort = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (port !== undefined && port !== actualPort) return false
  return url.hostname === domain || url.hostname.endsWith(`.${domain}`)
}

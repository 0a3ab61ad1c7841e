import {LinguluError} from '../errors.js'
import type {Environment} from './cache-root.js'

/** Which model hub to ask, and how. */
export interface HubSettings {
  readonly endpoint: URL
  /** Sent to the endpoint's own host only. */
  readonly token: string | undefined
}

/**
 * Reads `HF_ENDPOINT` and `HF_TOKEN`.
 *
 * @throws LinguluError `CONFIG_INVALID` if the endpoint is no http(s) address.
 */
export function hubSettings(env: Environment = process.env): HubSettings {
  const text = env.HF_ENDPOINT || 'https://huggingface.co'
  const endpoint = URL.canParse(text) ? new URL(text) : undefined
  if (endpoint === undefined || !/^https?:$/.test(endpoint.protocol))
    throw new LinguluError('CONFIG_INVALID', `HF_ENDPOINT is no http address: ${text}.`, {
      hint: 'Unset it for https://huggingface.co, or give the address of a mirror.',
    })
  return {endpoint, token: env.HF_TOKEN?.trim() || undefined}
}

/** Whether the environment forbids the network: `HF_HUB_OFFLINE=1`, as Hugging Face's tools understand it. */
export function isOffline(env: Environment = process.env): boolean {
  return /^(?:1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? '')
}

/** An address under the endpoint, which may have a path of its own. */
export function hubUrl({endpoint}: HubSettings, path: string): URL {
  return new URL(`${endpoint.href.replace(/\/$/, '')}/${path}`)
}

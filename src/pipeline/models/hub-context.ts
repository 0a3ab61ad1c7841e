import type {DownloadContext, DownloadTerms, Refusal} from '../download/download-context.js'
import {DEFAULT_POLICY, type DownloadPolicy} from '../download/download-policy.js'
import {openProxies} from '../download/proxy.js'
import type {Environment} from './cache-root.js'
import {type HubSettings, hubSettings} from './hub-settings.js'

/** How to ask the hub. */
export interface HubContext extends DownloadContext {
  readonly settings: HubSettings
}

export const HUB_TERMS: DownloadTerms = {
  failed: 'MODEL_DOWNLOAD',
  missing: 'MODEL_MISSING',
  server: 'The hub',
  hints: {
    damaged: 'It was fetched twice and thrown away. Try again later or another HF_ENDPOINT.',
    wrongLength: 'A proxy may answer in the hub’s place, or the repository has just changed: try again.',
    unreachable: 'Check the network and HF_ENDPOINT, or give a model folder with --model.',
    askedToWait: 'Try again after that. With HF_TOKEN the hub’s limits are higher.',
    disk: 'Make room, or set LINGULU_CACHE to a folder elsewhere; what was fetched is kept.',
    space: 'Free some space, set LINGULU_CACHE to a folder on another disk, or choose a smaller --precision.',
  },
}

/** From the environment, unless the options say otherwise. The token goes to the hub's own host only. */
export async function hubContext(
  env: Environment,
  {
    policy = DEFAULT_POLICY,
    signal,
  }: {readonly policy?: DownloadPolicy | undefined; readonly signal?: AbortSignal | undefined} = {},
): Promise<HubContext> {
  const settings = hubSettings(env)
  const {endpoint, token} = settings
  return {
    settings,
    policy,
    signal,
    terms: HUB_TERMS,
    proxies: await openProxies(env),
    authorize: url => (token !== undefined && url.origin === endpoint.origin ? `Bearer ${token}` : undefined),
    explainRefusal: response => explainRefusal(response, settings),
  }
}

/** The hub answers 401 for a repository that does not exist, too, so as not to tell private ones apart. */
function explainRefusal({status, headers}: Response, {token, endpoint}: HubSettings): Refusal | undefined {
  const code = headers.get('x-error-code')
  if (status === 404 || status === 410)
    return {
      reason: code === 'RevisionNotFound' ? 'The repository has no such revision.' : undefined,
      hint: 'Check the spelling: a hub id is owner/name, case-sensitive. `lingulu models list` shows the catalogue.',
    }
  if (status !== 401 && status !== 403) return undefined
  if (code === 'GatedRepo')
    return {
      hint: `The model is gated: accept its terms on ${endpoint.host}, then set HF_TOKEN to a token of that account.`,
    }
  return {
    hint:
      token === undefined
        ? `It does not exist (check the spelling), or it is private or gated: then set HF_TOKEN (${endpoint.host}/settings/tokens).`
        : 'HF_TOKEN is wrong or has no access: check the spelling, the token, and whether the model’s terms must be accepted first.',
  }
}

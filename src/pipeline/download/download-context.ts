import type {ErrorCode} from '../errors.js'
import type {DownloadPolicy} from './download-policy.js'
import type {Proxies} from './proxy.js'

/** How the errors of a download speak of what is fetched, and what they advise. */
export interface DownloadTerms {
  /** The code of most failures. */
  readonly failed: ErrorCode
  /** The code of a 404. */
  readonly missing: ErrorCode
  /** Where it comes from: `The hub`. */
  readonly server: string
  readonly hints: {
    readonly damaged: string
    readonly wrongLength: string
    readonly unreachable: string
    readonly askedToWait: string
    /** The file system refuses. */
    readonly disk: string
    /** Too little space is left. */
    readonly space: string
  }
}

/** What a refusal by the server means; undefined where its status says it all. */
export interface Refusal {
  readonly hint: string
  /** A sentence for the message. */
  readonly reason?: string | undefined
}

export interface DownloadContext {
  readonly policy: DownloadPolicy
  readonly terms: DownloadTerms
  readonly signal?: AbortSignal | undefined
  readonly proxies?: Proxies | undefined
  /** The `authorization` header for an address; asked anew for every redirect. */
  readonly authorize?: ((url: URL) => string | undefined) | undefined
  /** What a 401, 403, 404 or 410 means here. */
  readonly explainRefusal?: ((response: Response) => Refusal | undefined) | undefined
}

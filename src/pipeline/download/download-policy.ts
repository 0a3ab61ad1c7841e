/** How patient the downloader is. */
export interface DownloadPolicy {
  /** Tries without progress before giving up. */
  readonly attempts: number
  /** Tries before a server that was never reached counts as out of reach. */
  readonly attemptsToReach: number
  /** The first pause between tries; each further one is twice as long, up to `maximumDelaySeconds`. */
  readonly baseDelaySeconds: number
  readonly maximumDelaySeconds: number
  /** The longest pause a server may ask for (Retry-After). */
  readonly maximumRetryAfterSeconds: number
  /** A connection that brings nothing for this long is dropped and tried again. */
  readonly stallSeconds: number
  readonly maximumRedirects: number
}

export const DEFAULT_POLICY: DownloadPolicy = {
  attempts: 6,
  attemptsToReach: 3,
  baseDelaySeconds: 0.5,
  maximumDelaySeconds: 20,
  maximumRetryAfterSeconds: 300,
  stallSeconds: 30,
  maximumRedirects: 8,
}

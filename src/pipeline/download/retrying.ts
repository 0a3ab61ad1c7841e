import {setTimeout as sleep} from 'node:timers/promises'
import {LinguluError} from '../errors.js'
import type {DownloadContext, DownloadTerms} from './download-context.js'
import type {DownloadPolicy} from './download-policy.js'

/** A failure that may pass: {@link retrying} tries again. Never leaves the downloader. */
export class TransientError extends Error {
  constructor(
    message: string,
    readonly details: {
      /** What the server asked for. */
      readonly retryAfterSeconds?: number | undefined
      /** Bytes arrived before it failed: the count of tries starts anew. */
      readonly progressed?: boolean | undefined
      /** No server was reached at all. */
      readonly unreachable?: boolean | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(message, {cause: details.cause})
  }
}

export interface RetryEvent {
  readonly type: 'retry'
  readonly what: string
  readonly reason: string
  readonly delaySeconds: number
}

/**
 * Runs `attempt` until it succeeds, passing its events on, with growing pauses after each {@link TransientError}.
 *
 * @throws LinguluError `OFFLINE` if no server was reached, the terms' `failed` if it kept failing otherwise.
 */
export async function* retrying<E, R>(
  what: string,
  attempt: () => AsyncGenerator<E, R> | Promise<R>,
  {policy, terms, signal}: Pick<DownloadContext, 'policy' | 'terms' | 'signal'>,
): AsyncGenerator<E | RetryEvent, R> {
  let progressed = false
  for (let failures = 0; ; ) {
    throwIfInterrupted(signal)
    try {
      const outcome = attempt()
      return 'then' in outcome ? await outcome : yield* outcome
    } catch (error) {
      throwIfInterrupted(signal)
      if (!(error instanceof TransientError)) throw error
      progressed ||= error.details.progressed ?? false
      failures = error.details.progressed ? 1 : failures + 1
      const patience = error.details.unreachable && !progressed ? policy.attemptsToReach : policy.attempts
      if (failures >= patience) throw givenUp(what, error, failures, terms)
      const delaySeconds = pause(failures, error.details.retryAfterSeconds, policy)
      if (delaySeconds > policy.maximumRetryAfterSeconds) throw askedToWait(what, error, delaySeconds, terms)
      yield {type: 'retry', what, reason: error.message, delaySeconds}
      await sleep(delaySeconds * 1000, undefined, {signal}).catch(() => throwIfInterrupted(signal))
    }
  }
}

/** @throws LinguluError `INTERRUPTED` if the signal is aborted. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  if (signal.reason instanceof LinguluError) throw signal.reason
  throw new LinguluError('INTERRUPTED', 'Interrupted.', {
    cause: signal.reason,
    hint: 'What was fetched is kept: the same command goes on from there.',
  })
}

function pause(failures: number, retryAfterSeconds: number | undefined, policy: DownloadPolicy): number {
  if (retryAfterSeconds !== undefined) return retryAfterSeconds
  const seconds = Math.min(policy.maximumDelaySeconds, policy.baseDelaySeconds * 2 ** (failures - 1))
  return seconds * (0.75 + Math.random() / 2) // spread, so that many machines do not come back at once
}

function givenUp(what: string, error: TransientError, failures: number, terms: DownloadTerms): LinguluError {
  if (error.details.unreachable)
    return new LinguluError('OFFLINE', `${terms.server} cannot be reached for ${what}: ${error.message}.`, {
      cause: error,
      hint: terms.hints.unreachable,
    })
  return new LinguluError(terms.failed, `${what} failed ${failures} times: ${error.message}.`, {
    cause: error,
    hint: 'Try again later: what was fetched is kept, and the download goes on from there.',
  })
}

function askedToWait(what: string, error: TransientError, delaySeconds: number, terms: DownloadTerms): LinguluError {
  return new LinguluError(terms.failed, `${what}: ${error.message}, and the server asks to wait ${delaySeconds} s.`, {
    cause: error,
    hint: terms.hints.askedToWait,
  })
}

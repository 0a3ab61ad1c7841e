import {Command, Errors} from '@oclif/core'
import {LinguluError, toErrorRecord} from './pipeline/errors.js'
import {EXIT, exitCodeOf} from './pipeline/exit-codes.js'
import {ClosedOutput} from './terminal/closed-output.js'
import {usageError} from './terminal/usage-error.js'

/**
 * What all commands share: `--json`, and errors that say what to do and end with the exit code of their kind. oclif
 * prints an error that has a `code` without a stack; a bug keeps its stack.
 */
export abstract class LinguluCommand extends Command {
  static override readonly enableJsonFlag = true

  protected override async catch(thrown: Error & {exitCode?: number}): Promise<unknown> {
    if (thrown instanceof ClosedOutput) {
      process.exitCode = EXIT.closedOutput
      return undefined
    }
    const error =
      thrown instanceof Errors.CLIError && !(thrown instanceof Errors.ExitError)
        ? usageError(thrown, this.ctor)
        : thrown
    if (!(error instanceof LinguluError)) return super.catch(error)
    process.exitCode = exitCodeOf(error)
    // Else oclif warns, where NODE_ENV is `test` or `development`, that arguments it has refused were not parsed.
    this.parsed = true
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
    else this.logToStderr(formatError(error))
    return undefined
  }

  protected override toErrorJson(error: unknown): unknown {
    return {error: toErrorRecord(error)}
  }
}

/** `Error: what happened` and, on a line of its own, what to do about it. */
export function formatError({message, hint}: LinguluError): string {
  return hint === undefined ? `Error: ${message}` : `Error: ${message}\n  → ${hint}`
}

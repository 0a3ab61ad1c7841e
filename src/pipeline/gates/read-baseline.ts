import {LinguluError} from '../errors.js'
import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {readReport} from '../evaluation/read-report.js'

/**
 * The report of the run that another is measured against.
 *
 * @throws LinguluError CONFIG_INVALID for a file that is no report
 */
export async function readBaseline(path: string, signal?: AbortSignal): Promise<EvaluationReport> {
  try {
    return await readReport(path, signal)
  } catch (error) {
    if (!(error instanceof LinguluError)) throw error
    throw new LinguluError(error.code, `--baseline: ${error.message}`, {cause: error.cause, hint: error.hint})
  }
}

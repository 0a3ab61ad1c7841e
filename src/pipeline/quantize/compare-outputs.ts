import {startAskedProcess} from '../runtime/asked-process.js'
import {usableCores} from '../runtime/cores.js'
import {siblingEntry} from '../runtime/start-entry.js'
import type {CompareQuestion} from './compare-child.js'
import type {OutputError} from './output-errors.js'

export interface CompareOutputsOptions {
  /** Feeds, as `recordFeeds` writes them. */
  readonly feeds: string
  /** Of the feeds, at most so many: always the same ones. Default 64. */
  readonly samples?: number | undefined
  /** Default: the cores of this machine. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface OutputComparer extends AsyncDisposable {
  /** Errors of the model's outputs against the reference's, an entry for each output that is compared. */
  compare(candidate: string): Promise<readonly OutputError[]>
  close(): Promise<void>
}

const SAMPLES = 64

/**
 * Opens an ONNX model to compare others with, on the CPU in a process of its own. Of a decoder the logits are compared, of
 * other graphs every float output; of one that loops by itself, its first step. Memory holds one sample's feeds, both
 * models, and outputs of the reference up to 256 MiB.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID, INPUT_MISSING, WORKER_CRASHED; the signal's reason
 */
export async function openComparer(reference: string, options: CompareOutputsOptions): Promise<OutputComparer> {
  const {feeds, samples = SAMPLES, threads = usableCores(), signal} = options
  const child = startAskedProcess<CompareQuestion, readonly OutputError[]>(
    siblingEntry('./compare-child', import.meta.url),
    {who: 'The process that compares models', signal},
  )
  try {
    await child.ask({type: 'open', reference, feeds, samples, threads})
  } catch (error) {
    await child.close()
    throw error
  }
  return {
    compare: candidate => child.ask({type: 'compare', candidate}),
    close: () => child.close(),
    [Symbol.asyncDispose]: () => child.close(),
  }
}

/** Compares one ONNX file with another on the same feeds, as {@link openComparer}. */
export async function compareOutputs(
  reference: string,
  candidate: string,
  options: CompareOutputsOptions,
): Promise<readonly OutputError[]> {
  await using comparer = await openComparer(reference, options)
  return await comparer.compare(candidate)
}

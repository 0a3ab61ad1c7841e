import {z} from 'zod'
import {readFeeds} from '../quantize/calibration-file.js'
import {checkedFeeds} from '../quantize/checked-feeds.js'
import {usableCores} from '../runtime/cores.js'
import {openSession} from '../runtime/open-session.js'
import type {Feeds} from '../runtime/recording-session.js'
import type {Session} from '../runtime/session.js'
import {floatsOf, floatTensor} from '../runtime/tensor.js'
import {syntheticFeeds} from './synthetic-feeds.js'

/** Whether two graphs give the same. */
export const Comparison = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('compared'),
    inputs: z.enum(['recorded', 'synthetic']),
    runs: z.int().min(1),
    /** All values are the same, bit by bit. */
    isSame: z.boolean(),
    /** The largest difference of float outputs, and as a part of the largest magnitude of its output. */
    maxError: z.number(),
    maxRelativeError: z.number(),
  }),
  z.strictObject({state: z.literal('skipped'), reason: z.string()}),
])
export type Comparison = Readonly<z.infer<typeof Comparison>>

/**
 * Runs two versions of a graph on the same inputs, recorded ones or made-up ones, in this process.
 *
 * @throws LinguluError MODEL_INVALID if one cannot be opened; INPUT_MISSING, CONFIG_INVALID for the recorded inputs; the
 *   signal's reason
 */
export async function compareGraphs(
  reference: string,
  candidate: string,
  {feeds, signal}: {readonly feeds?: string | undefined; readonly signal?: AbortSignal | undefined} = {},
): Promise<Comparison> {
  const options = {provider: 'cpu', threads: usableCores()} as const
  const before = await openSession(reference, options)
  try {
    const after = await openSession(candidate, options)
    try {
      return feeds === undefined
        ? await compareSynthetic(before, after, signal)
        : await compareRecorded(before, after, feeds, signal)
    } finally {
      await after.close()
    }
  } finally {
    await before.close()
  }
}

async function compareRecorded(before: Session, after: Session, path: string, signal: AbortSignal | undefined) {
  const sum = new Differences()
  for await (const {sample, feeds} of readFeeds(path)) {
    signal?.throwIfAborted()
    await sum.add(before, after, await checkedFeeds(before, sample, feeds))
  }
  return sum.result('recorded')
}

/** The first sizes that the model takes as it was. Those of the new one may be fixed. */
async function compareSynthetic(before: Session, after: Session, signal: AbortSignal | undefined): Promise<Comparison> {
  let reason = 'it takes no inputs that could be made up'
  try {
    for await (const runs of syntheticFeeds({inputs: inputsOf(before, after)})) {
      signal?.throwIfAborted()
      const refusal = await refusalOf(before, runs)
      if (refusal === undefined) {
        const sum = new Differences()
        for (const feeds of runs) await sum.add(before, after, feeds)
        return sum.result('synthetic')
      }
      reason = refusal
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    reason = error.message
  }
  return {state: 'skipped', reason: `no inputs could be made up: ${reason}`}
}

function inputsOf(before: Session, after: Session): Session['inputs'] {
  return new Map(
    [...before.inputs].map(([name, {type, shape}]) => [name, {type, shape: after.inputs.get(name)?.shape ?? shape}]),
  )
}

async function refusalOf(session: Session, runs: readonly Feeds[]): Promise<string | undefined> {
  const [output = ''] = session.outputs.keys()
  try {
    for (const feeds of runs) await session.run(feeds, [output])
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

class Differences {
  #runs = 0
  #isSame = true
  #maxError = 0
  #maxRelativeError = 0

  async add(before: Session, after: Session, feeds: Feeds): Promise<void> {
    this.#runs++
    const names = [...before.outputs.keys()].filter(name => after.outputs.has(name))
    const expected = await before.run(feeds, names)
    const actual = await after.run(inTypesOf(after, feeds), names)
    for (const name of names) {
      const [a, b] = [expected[name], actual[name]]
      if (a === undefined || b === undefined || a.dims.join() !== b.dims.join())
        this.#differ(Number.POSITIVE_INFINITY, 1)
      else if (isFloat(a.type) && isFloat(b.type)) this.#compare(floatsOf(a), floatsOf(b))
      else if (!equal(a.data, b.data)) this.#differ(Number.POSITIVE_INFINITY, 1)
    }
  }

  #compare(expected: Float32Array, actual: Float32Array): void {
    let [largest, error] = [0, 0]
    for (const [index, value] of expected.entries()) {
      const other = actual[index] ?? Number.NaN
      if (Object.is(value, other)) {
        if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value))
        continue
      }
      this.#isSame = false
      const difference = Math.abs(value - other)
      error = Math.max(error, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
      largest = Math.max(largest, Math.abs(value))
    }
    if (error > 0) this.#differ(error, largest)
  }

  #differ(error: number, largest: number): void {
    this.#isSame = false
    this.#maxError = Math.max(this.#maxError, error)
    this.#maxRelativeError = Math.max(this.#maxRelativeError, largest === 0 ? error : error / largest)
  }

  result(inputs: 'recorded' | 'synthetic'): Comparison {
    // JSON has no infinity.
    const finite = (value: number) => Math.min(value, Number.MAX_VALUE)
    return {
      state: 'compared',
      inputs,
      runs: this.#runs,
      isSame: this.#isSame,
      maxError: finite(this.#maxError),
      maxRelativeError: finite(this.#maxRelativeError),
    }
  }
}

const isFloat = (type: string): boolean => type === 'float32' || type === 'float16'

/** Inputs of the new model may be halves. */
function inTypesOf({inputs}: Session, feeds: Feeds): Feeds {
  const fitting: Record<string, Feeds[string]> = {}
  for (const [name, tensor] of Object.entries(feeds)) {
    const wanted = inputs.get(name)?.type
    if (wanted === undefined) continue
    const same = wanted === tensor.type || !isFloat(wanted) || !isFloat(tensor.type)
    fitting[name] = same
      ? tensor
      : floatTensor(wanted === 'float16' ? wanted : 'float32', floatsOf(tensor), tensor.dims)
  }
  return fitting
}

function equal(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return false
  const bytes = ({buffer, byteOffset, byteLength}: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength)
  return bytes(a).equals(bytes(b))
}

/* Entry of the process that runs two models on the same feeds. */

import {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../errors.js'
import {answerQuestions} from '../runtime/asked-process.js'
import {openSession} from '../runtime/open-session.js'
import type {Feeds} from '../runtime/recording-session.js'
import type {Session, SessionOptions} from '../runtime/session.js'
import {floatsOf} from '../runtime/tensor.js'
import {drawSamples, type FeedSample, openFeedSamples} from './feed-samples.js'
import {type OutputError, OutputErrorSum} from './output-errors.js'

export type CompareQuestion =
  | {
      readonly type: 'open'
      readonly reference: string
      readonly feeds: string
      readonly samples: number
      readonly threads: number
    }
  | {readonly type: 'compare'; readonly candidate: string}

if (process.send !== undefined) {
  let comparer: Comparer | undefined
  answerQuestions<CompareQuestion, readonly OutputError[]>(async question => {
    if (question.type === 'compare') return (await comparer?.compare(question.candidate)) ?? []
    comparer = await Comparer.open(question)
    return []
  })
}

type Outputs = ReadonlyMap<string, Tensor>

/** Outputs of the reference up to this are kept; the others are computed anew for each candidate. */
const KEPT_BYTES = 256 << 20

class Comparer {
  readonly #kept = new Map<FeedSample, Outputs>()
  #keptBytes = 0

  private constructor(
    readonly reference: Session,
    readonly samples: readonly FeedSample[],
    readonly options: SessionOptions,
  ) {}

  static async open({reference, feeds, samples, threads}: Extract<CompareQuestion, {type: 'open'}>): Promise<Comparer> {
    const options: SessionOptions = {provider: 'cpu', threads}
    const drawn = drawSamples(await openFeedSamples(feeds), samples)
    return new Comparer(await openSession(reference, options), drawn, options)
  }

  async compare(path: string): Promise<OutputError[]> {
    const candidate = await openSession(path, this.options)
    const sums = new Map<string, OutputErrorSum>()
    try {
      for (const sample of this.samples) {
        const expected = await this.#expected(sample)
        const actual = await runSample(candidate, sample, [...expected.keys()])
        for (const [name, tensor] of expected) {
          const sum = sums.get(name) ?? new OutputErrorSum()
          sums.set(name, sum)
          addOutput(sum, name, {expected: tensor, actual: actual.get(name), path})
        }
      }
    } finally {
      await candidate.close()
    }
    return [...sums].map(([name, sum]) => sum.finish(name))
  }

  async #expected(sample: FeedSample): Promise<Outputs> {
    const known = this.#kept.get(sample)
    if (known !== undefined) return known
    const outputs = await runSample(this.reference, sample, comparedOutputs(this.reference))
    const bytes = [...outputs.values()].reduce((sum, tensor) => sum + floatsOf(tensor).byteLength, 0)
    if (this.#keptBytes + bytes <= KEPT_BYTES) {
      this.#kept.set(sample, outputs)
      this.#keptBytes += bytes
    }
    return outputs
  }
}

async function runSample(session: Session, sample: FeedSample, fetches: readonly string[]): Promise<Outputs> {
  const outputs = await session.run(oneStep(session, await sample.feedsFor(session)), fetches)
  return new Map(Object.entries(outputs))
}

/**
 * A decoder that loops by itself is asked for the logits of one step: what later steps compute depends on the tokens
 * that were chosen, and one other token makes everything after it incomparable.
 */
function oneStep({inputs}: Session, feeds: Feeds): Feeds {
  if (!inputs.has('want_logits') || !inputs.has('max_steps')) return feeds
  const scalar = (name: string) => (inputs.get(name)?.shape.length === 0 ? [] : [1])
  return {
    ...feeds,
    want_logits: new Tensor('bool', [true], scalar('want_logits')),
    max_steps: new Tensor('int64', BigInt64Array.of(1n), scalar('max_steps')),
  }
}

/**
 * The outputs that matter: floats, and of a decoder its logits. Keys and values for later steps, and attention weights,
 * reach the logits of the next step, and are many times as large.
 */
function comparedOutputs({outputs}: Session): string[] {
  const floats = [...outputs].filter(([, {type}]) => type === 'float32' || type === 'float16').map(([name]) => name)
  const logits = floats.filter(isLogits)
  const others = floats.filter(name => !/^(?:present|cross_attentions|past|alignment)/.test(name))
  return [logits, others, floats].find(some => some.length > 0) ?? []
}

const isLogits = (name: string): boolean => /^(?:logits|log_?probs)$/i.test(name)

interface Pair {
  readonly expected: Tensor
  readonly actual: Tensor | undefined
  /** Of the candidate. */
  readonly path: string
}

function addOutput(sum: OutputErrorSum, name: string, {expected, actual, path}: Pair): void {
  if (actual === undefined || actual.dims.join() !== expected.dims.join()) {
    const shapes = `[${actual?.dims.join(', ') ?? 'nothing'}], not [${expected.dims.join(', ')}]`
    throw new LinguluError('MODEL_INVALID', `${path} gives another shape of ${name}: ${shapes}.`, {
      hint: 'Compare two versions of the same graph.',
    })
  }
  sum.add(floatsOf(expected), floatsOf(actual), isLogits(name) ? expected.dims.at(-1) : undefined)
}

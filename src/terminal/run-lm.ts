import {addAbortSignal} from 'node:stream'
import {type BuildLanguageModelOptions, buildLanguageModel} from '../pipeline/build-language-model.js'
import {LinguluError} from '../pipeline/errors.js'
import type {
  EstimateFacts,
  LanguageModelEvent,
  LanguageModelSummary,
  MixFacts,
  TextFacts,
} from '../pipeline/language-model/language-model-events.js'
import type {TextSource} from '../pipeline/language-model/read-texts.js'
import {formatCount} from '../pipeline/text/format-count.js'
import {formatBytes} from './format-bytes.js'
import {interruptSignal} from './interrupt.js'
import {requirePipe} from './stdin.js'

export interface LmResult extends LanguageModelSummary {
  /** Null for a model that was there. */
  readonly texts: TextFacts | null
  readonly estimate: EstimateFacts | null
  /** The models that were mixed, with their weights; null for one alone. */
  readonly mix: MixFacts['models'] | null
  readonly notes: readonly string[]
}

type LmRequest = Omit<BuildLanguageModelOptions, 'texts' | 'perplexity' | 'tune'> & {
  readonly texts: readonly string[]
  readonly perplexity: readonly string[]
  readonly tune: readonly string[]
}

/** Makes or changes a language model, and shows how that goes on. `-` stands for stdin. */
export async function runLm(request: LmRequest, {quiet}: {readonly quiet: boolean}): Promise<LmResult> {
  using interrupt = interruptSignal('Interrupted. Nothing was written.')
  if ([...request.texts, ...request.perplexity, ...request.tune].filter(path => path === '-').length > 1)
    throw new LinguluError('USAGE', 'stdin (-) can be read only once.', {hint: 'Save it to a file first.'})
  const options = {
    ...request,
    texts: request.texts.map(path => sourceOf(path, interrupt.signal)),
    perplexity: request.perplexity.map(path => sourceOf(path, interrupt.signal)),
    tune: request.tune.map(path => sourceOf(path, interrupt.signal)),
  }
  const notes: string[] = []
  let texts: TextFacts | null = null
  let estimate: EstimateFacts | null = null
  let mix: MixFacts['models'] | null = null
  const show = openProgress(quiet)
  for await (const event of buildLanguageModel(options, {signal: interrupt.signal})) {
    show(event)
    if (event.type === 'counted') texts = withoutType(event)
    else if (event.type === 'estimated') estimate = withoutType(event)
    else if (event.type === 'mixed') mix = event.models
    else if (event.type === 'note') notes.push(event.message)
    else if (event.type === 'done') return {...withoutType(event), texts, estimate, mix, notes}
  }
  throw new Error('making a language model ends with done')
}

function withoutType<Event extends {readonly type: string}>({type, ...rest}: Event): Omit<Event, 'type'> {
  return rest
}

function sourceOf(path: string, signal: AbortSignal): TextSource {
  if (path !== '-') return path
  requirePipe('zcat corpus.txt.gz | lingulu lm - --out lm.bin')
  return {name: 'stdin', bytes: addAbortSignal(signal, process.stdin)}
}

/** A line that counts words on a terminal, and notes; all of it goes to stderr. */
function openProgress(quiet: boolean): (event: LanguageModelEvent) => void {
  const {stderr} = process
  if (quiet) return () => {}
  let shown = 0
  return event => {
    if (event.type === 'reading' && stderr.isTTY && Date.now() - shown > 100) {
      shown = Date.now()
      stderr.write(`\r\u001b[K${formatCount(event.words)} words of ${event.text}`)
    } else if (event.type === 'counted' && stderr.isTTY) stderr.write('\r\u001b[K')
    else if (event.type === 'note') stderr.write(`Note: ${event.message}\n`)
  }
}

/** What was made of what, and how well it foresees. */
export function formatLm({texts, mix, ngrams, file, perplexity}: LmResult): string {
  const lines: string[] = []
  const orders = ngrams.map((count, index) => `${formatCount(count)} ${index + 1}-grams`).join(', ')
  lines.push(file === null ? orders : `${file.path}: ${orders}; ${formatBytes(file.bytes)}`)
  if (texts !== null) {
    const {sentences, words, vocabulary, unknownWords} = texts
    const unknown = unknownWords === 0 ? '' : `, ${formatCount(unknownWords)} of them <unk>`
    lines.push(
      `  of ${formatCount(sentences)} sentences with ${formatCount(words)} words${unknown}; vocabulary ${formatCount(vocabulary)}`,
    )
  }
  if (mix !== null) {
    const parts = mix.map(({model, weight}) => `${weight.toFixed(3)} ${model ?? 'the texts'}`)
    lines.push(`  mixed of ${parts.join(', ')}`)
  }
  if (perplexity !== null) {
    const {sentences, words, unknownWords, perplexity: all, perplexityOfKnown: known} = perplexity
    const value = (number: number | null) => (number === null ? '–' : number.toFixed(2))
    lines.push(
      `  perplexity ${value(all)} over ${formatCount(sentences)} sentences with ${formatCount(words)} words`,
      `  without the ${formatCount(unknownWords)} unknown words ${value(known)}`,
    )
  }
  return lines.join('\n')
}

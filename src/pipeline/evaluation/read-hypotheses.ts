import {basename, extname, resolve} from 'node:path'
import type {Utterance} from '../datasets/utterance.js'
import {LinguluError} from '../errors.js'
import {EncodingError, readText} from '../inputs/read-text.js'
import {fromLine, type Hypotheses, type Hypothesis, partWarnings, providersOf} from './hypotheses.js'
import {parseHypothesis, type ResultLine} from './parse-hypothesis.js'
import {isStoreHeader, readStore} from './read-store.js'
import type {SelectedDataset} from './select-dataset.js'

/**
 * Hypotheses that were made before: a store of `evaluate`, the lines of `transcribe --jsonl`, or JSON lines with `id` and
 * `text`. Those of the data set that are not in its sample are left out; a text that is empty stays so.
 *
 * @throws LinguluError USAGE for a file that cannot be read; MANIFEST_INVALID for lines that are none of these, ids that
 * are there twice and ids that the data set does not have; JOURNAL_INVALID for a damaged store
 */
export async function readHypotheses(path: string, dataset: SelectedDataset): Promise<Hypotheses> {
  const first = await firstLine(path)
  return isStoreHeader(first) ? readStored(path, dataset) : readOthers(path, dataset)
}

async function readStored(path: string, dataset: SelectedDataset): Promise<Hypotheses> {
  const state = await readStore(path)
  if (state === undefined) throw new LinguluError('MANIFEST_INVALID', `${path}: holds no hypothesis`)
  const {header, parts, found, whole} = state
  const texts = selectTexts(
    path,
    [...found.values()].map(line => ({id: line.id, hypothesis: fromLine(line)})),
    dataset,
  )
  const warnings = partWarnings(parts)
  if (!whole) warnings.push(`${path} is of a run that was not finished.`)
  if (header.dataset.hash !== dataset.hash && dataset.subset === null)
    warnings.push(`${path} was made from another version of the data set.`)
  const [part] = parts
  const complete = texts.size === found.size && dataset.utterances.every(({id}) => found.has(id))
  if (complete && part)
    warnings.push(`Speed is that of the run which made the hypotheses: ${part.startedAt}, ${part.machine}.`)
  return {
    texts,
    wallSeconds: complete ? state.wallSeconds : undefined,
    model: {...header.model, provider: providersOf(parts)},
    options: header.options,
    startedAt: part?.startedAt,
    warnings,
  }
}

async function readOthers(path: string, dataset: SelectedDataset): Promise<Hypotheses> {
  const entries: Entry[] = []
  const problems: string[] = []
  const idOf = idFinder(dataset)
  const isDataset = dataset.all.some(({place}) => place.file === resolve(path))
  let model: Hypotheses['model'] = null
  let options: Hypotheses['options'] = {}
  for await (const {line, value} of readValues(path)) {
    const parsed = parseHypothesis(value)
    if (typeof parsed === 'string') problems.push(`line ${line}: ${parsed}`)
    else if (parsed.kind === 'hypothesis') {
      // Scored against itself, every reference would be right.
      if (isDataset && parsed.column === 'text')
        problems.push(`line ${line}: the reference, and no hypothesis beside it`)
      entries.push({id: parsed.id, line, hypothesis: parsed.hypothesis})
    } else if (parsed.kind === 'result') {
      const {result, hypothesis} = parsed
      if (result.status === 'ok') {
        model ??= result.model ?? null
        options = result.options ?? options
      }
      if (result.channel !== undefined) problems.push(`line ${line}: of one channel; an utterance has one text`)
      else if (hypothesis) entries.push({id: idOf(result), line, hypothesis})
    }
  }
  if (problems.length > 0)
    throw invalid(path, problems, 'Each line is {"id": "…", "text": "…"}, or of transcribe --jsonl.')
  if (entries.length === 0) throw new LinguluError('MANIFEST_INVALID', `${path}: holds no hypothesis`)
  return {
    texts: selectTexts(path, entries, dataset),
    wallSeconds: undefined,
    model,
    options,
    startedAt: undefined,
    warnings: [],
  }
}

/**
 * `transcribe` names a recording by its path where the manifest has no id: then the recording tells, or its name, if that
 * is the id of this recording and not of another one.
 */
function idFinder({all}: SelectedDataset): (result: ResultLine) => string {
  const byId = new Map(all.map(utterance => [utterance.id, utterance]))
  const byPath = new Map<string, string | undefined>()
  for (const {audio, id} of all) if (audio !== undefined) byPath.set(audio, byPath.has(audio) ? undefined : id)
  return ({id, audio}) => {
    if (id !== undefined) return id
    const stem = stemOf(audio)
    const named = byId.get(stem)
    const known = named !== undefined && isNamedAfter(named, stem, byPath)
    return byPath.get(resolve(audio)) ?? (known ? stem : audio)
  }
}

const stemOf = (path: string): string => basename(path, extname(path))

const isNamedAfter = ({id, audio}: Utterance, stem: string, byPath: ReadonlyMap<string, string | undefined>): boolean =>
  audio === undefined || (stemOf(audio) === stem && byPath.get(audio) === id)

interface Entry {
  readonly id: string
  readonly line?: number
  readonly hypothesis: Hypothesis
}

/** The hypotheses of the utterances that are to be scored. */
function selectTexts(
  path: string,
  entries: readonly Entry[],
  {utterances, all}: SelectedDataset,
): ReadonlyMap<string, Hypothesis> {
  const known = new Set(all.map(({id}) => id))
  const unknown = entries.filter(({id}) => !known.has(id))
  if (unknown.length > 0)
    throw invalid(
      path,
      unknown.map(entry => `${place(entry)}"${entry.id}" is no id of the data set`),
      'Are these the hypotheses of another data set?',
    )
  const texts = new Map<string, Hypothesis>()
  const repeated: string[] = []
  for (const entry of entries) {
    if (texts.has(entry.id)) repeated.push(`${place(entry)}"${entry.id}" is there a second time`)
    texts.set(entry.id, entry.hypothesis)
  }
  if (repeated.length > 0) throw invalid(path, repeated, 'An utterance has one hypothesis.')
  const wanted = new Set(utterances.map(({id}) => id))
  return new Map([...texts].filter(([id]) => wanted.has(id)))
}

const place = ({line}: Entry): string => (line === undefined ? '' : `line ${line}: `)

const SHOWN_PROBLEMS = 20

function invalid(path: string, problems: readonly string[], hint: string): LinguluError {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map(problem => `  ${problem}`)
  const rest = problems.length - shown.length
  const lines = rest > 0 ? [...shown, `  and ${rest} more`] : shown
  return new LinguluError('MANIFEST_INVALID', `${path}: hypotheses that cannot be scored\n${lines.join('\n')}`, {hint})
}

/** Undefined for what is no JSON. Blank lines are passed over. */
async function* readValues(path: string): AsyncGenerator<{readonly line: number; readonly value: unknown}> {
  let line = 0
  try {
    for await (const text of linesOf(readText(path))) {
      line++
      if (text.trim() !== '') yield {line, value: parseJson(text)}
    }
  } catch (cause) {
    if (cause instanceof EncodingError)
      throw new LinguluError('MANIFEST_INVALID', `${path}: line ${cause.line}: not UTF-8 text from here on`, {cause})
    if (!(cause instanceof Error && 'code' in cause) || cause instanceof LinguluError) throw cause
    throw new LinguluError('USAGE', `${path}: cannot be read (${String(cause.code)})`, {cause})
  }
}

/** However long: a transcript of hours is one line. U+2028, at which readline breaks, may stand in JSON. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

async function firstLine(path: string): Promise<unknown> {
  for await (const {value} of readValues(path)) return value
  return undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

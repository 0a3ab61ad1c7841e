import {basename, dirname, extname, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {checkUtterances} from './check-utterances.js'
import {hashUtterances} from './dataset-hash.js'
import {DatasetOptions} from './dataset-options.js'
import {problemAt} from './layouts/layout.js'
import {recognizeLayout} from './recognize-layout.js'
import type {Dataset, DatasetProblem, Utterance} from './utterance.js'

export interface ReadDatasetOptions extends DatasetOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a data set: a folder or a list of any layout of docs/datasets.md. All that is wrong with it is gathered in
 * `problems`, by file and line; `checkDataset` throws them.
 * @throws {LinguluError} USAGE for a path that leads nowhere, and for columns that are not there; MANIFEST_INVALID where
 * no layout fits; CONFIG_INVALID for wrong options
 */
export async function readDataset(path: string, {signal, ...options}: ReadDatasetOptions = {}): Promise<Dataset> {
  const {layout: wanted, columns, audio} = parseOptions(options)
  const place = resolve(path)
  const recognized = await recognizeLayout(place, wanted, signal)
  const {layout, isFolder, hasColumns = false} = recognized
  if (Object.keys(columns).length > 0 && !hasColumns)
    throw new LinguluError(
      'USAGE',
      `${path}: --columns means nothing for the layout ${layout}, which has no columns.`,
      {
        hint: 'For a table, give its path and --layout table.',
      },
    )
  const utterances: Utterance[] = []
  const problems: DatasetProblem[] = []
  const notes: string[] = []
  for await (const reading of recognized.read({columns, signal})) {
    if ('id' in reading) utterances.push(reading)
    else if ('note' in reading) notes.push(reading.note)
    else if (audio === 'required' || !isOfAudio(reading)) problems.push(reading)
  }
  // Not by `push(...)`: a call takes some hundred thousand arguments, and a manifest has a million rows.
  for (const problem of await checkUtterances(utterances, problems, {audio, signal})) problems.push(problem)
  if (utterances.length === 0 && problems.every(({severity}) => severity !== 'error'))
    problems.push(problemAt(place, undefined, 'unreadable-row', 'there is not one utterance'))
  return {
    name: nameOf(place, isFolder),
    path: place,
    layout,
    recognition: [recognized.sentence, ...notes].join(' '),
    utterances,
    problems: inOrder(problems),
    hash: hashUtterances(utterances),
  }
}

function parseOptions(options: DatasetOptions) {
  const parsed = DatasetOptions.safeParse(options)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({path, message}) => `${path.join('.') || 'options'}: ${message}`)
  throw new LinguluError('CONFIG_INVALID', `Reading a data set: ${problems.join('; ')}`)
}

const isOfAudio = ({kind}: DatasetProblem): boolean =>
  kind === 'missing-audio' || kind === 'duplicate-audio' || kind === 'unlisted-audio'

/** `test.csv` of `speechocean762/` is `speechocean762/test`. */
function nameOf(path: string, isFolder: boolean): string {
  const extension = extname(path)
  const name = basename(path)
  return isFolder || extension === '' ? name : `${basename(dirname(path))}/${name.slice(0, -extension.length)}`
}

/** File by file as they came up, and by lines within each. */
function inOrder(problems: readonly DatasetProblem[]): DatasetProblem[] {
  const files = new Map<string, number>()
  for (const {file} of problems) if (!files.has(file)) files.set(file, files.size)
  return [...problems].sort(
    (a, b) => (files.get(a.file) ?? 0) - (files.get(b.file) ?? 0) || (a.line ?? 0) - (b.line ?? 0),
  )
}

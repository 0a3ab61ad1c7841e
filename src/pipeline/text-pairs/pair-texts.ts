import {basename, extname, resolve} from 'node:path'
import type {Utterance} from '../datasets/utterance.js'
import {LinguluError} from '../errors.js'
import type {Hypothesis} from '../evaluation/hypotheses.js'
import {invalid} from './read-texts.js'
import type {TextEntry, TextFile, TextProblem} from './text-entry.js'

export interface TextPairs {
  /** In the order of the references. */
  readonly utterances: readonly Utterance[]
  /** By the id of the utterance. */
  readonly texts: ReadonlyMap<string, Hypothesis>
  /** Ids without a hypothesis. */
  readonly missing: readonly string[]
  /** Ids of recordings that could not be transcribed. */
  readonly failed: readonly string[]
}

/**
 * Joins hypotheses with references: lines by their place, all others by their ids. What is missing is told and scored as
 * an empty text.
 * @throws LinguluError USAGE where one side has lines and the other ids; MANIFEST_INVALID for different numbers of lines,
 * hypotheses that have no reference or the same one, and where there is nothing to score
 */
export function pairTexts(references: TextFile, hypotheses: TextFile): TextPairs {
  const count = references.entries.length
  if (references.keyed !== hypotheses.keyed) {
    const [keyed, lines] = references.keyed ? [references, hypotheses] : [hypotheses, references]
    throw new LinguluError('USAGE', `${keyed.name} has ids, ${lines.name} is plain lines: they cannot be paired.`, {
      hint: 'Give both as plain text with the same number of lines, or both with ids (.trn, .csv, .tsv, .jsonl).',
    })
  }
  if (!references.keyed && count !== hypotheses.entries.length)
    throw new LinguluError(
      'MANIFEST_INVALID',
      `${references.name} has ${countLines(count)}, ${hypotheses.name} has ${countLines(hypotheses.entries.length)}.`,
      {hint: 'Plain texts are paired line by line: an utterance of which nothing was recognised needs an empty line.'},
    )
  if (count === 0) throw new LinguluError('MANIFEST_INVALID', `${references.name}: there is nothing to score.`)
  const texts = joinTexts(references, hypotheses)
  const utterances = references.entries.map(({utterance}) => utterance)
  return {
    utterances,
    texts,
    missing: utterances.flatMap(({id}) => (texts.has(id) ? [] : [id])),
    failed: [...texts].flatMap(([id, {status}]) => (status === 'failed' ? [id] : [])),
  }
}

const countLines = (count: number): string => `${count} ${count === 1 ? 'line' : 'lines'}`

function joinTexts(references: TextFile, hypotheses: TextFile): ReadonlyMap<string, Hypothesis> {
  const idOf = idFinder(references)
  const texts = new Map<string, Hypothesis>()
  const lines = new Map<string, number>()
  const problems: TextProblem[] = []
  for (const {utterance, failure} of hypotheses.entries) {
    const {line} = utterance.place
    const id = idOf(utterance)
    const called = utterance.id || utterance.audio
    if (id === undefined) problems.push({line, problem: `"${called}" is not in ${references.name}`})
    else if (texts.has(id)) problems.push({line, problem: `"${called}" is that of line ${lines.get(id)} again`})
    else {
      texts.set(id, toHypothesis(utterance, failure))
      lines.set(id, line)
    }
  }
  if (problems.length === 0) return texts
  throw invalid(hypotheses.name, problems, 'Every hypothesis needs one reference with the same id.')
}

function toHypothesis({text, durationSeconds}: Utterance, failure: TextEntry['failure']): Hypothesis {
  return failure === undefined ? {status: 'ok', text, durationSeconds} : {status: 'failed', error: failure}
}

/** `transcribe` names recordings of no manifest by their paths: those of the references, or their names, tell the id. */
function idFinder({entries}: TextFile): (hypothesis: Utterance) => string | undefined {
  const byId = new Map(entries.map(({utterance}) => [utterance.id, utterance]))
  const byAudio = new Map<string, string | undefined>()
  for (const {utterance} of entries)
    if (utterance.audio !== undefined)
      byAudio.set(utterance.audio, byAudio.has(utterance.audio) ? undefined : utterance.id)
  return ({id, audio}) => {
    if (byId.has(id) || audio === undefined) return byId.has(id) ? id : undefined
    const stem = stemOf(audio)
    const named = byId.get(stem)?.audio
    // A recording of that name that is not this utterance's: ids that are numbers meet files that are numbered otherwise.
    const other = named !== undefined && stemOf(named) !== stem
    const known = [byAudio.get(resolve(audio)), audio, ...(other ? [] : [stem])]
    return known.find(each => each !== undefined && byId.has(each))
  }
}

const stemOf = (path: string): string => basename(path, extname(path))

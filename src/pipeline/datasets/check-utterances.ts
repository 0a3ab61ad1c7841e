import {problemAt} from './layouts/layout.js'
import {findMissing} from './missing-files.js'
import type {DatasetProblem, Utterance} from './utterance.js'

export interface CheckOptions {
  /** Whether recordings are looked for. */
  readonly audio: 'required' | 'ignored'
  readonly signal?: AbortSignal | undefined
}

/** Problems of utterances that no layout finds by itself; `known` are those that reading has found. */
export async function checkUtterances(
  utterances: readonly Utterance[],
  known: readonly DatasetProblem[],
  {audio, signal}: CheckOptions,
): Promise<DatasetProblem[]> {
  const problems = [...findWrongIds(utterances), ...findEmpty(utterances, known)]
  if (audio === 'ignored') return problems
  const missing = await findMissing(new Set(utterances.flatMap(utterance => utterance.audio ?? [])), signal)
  for (const {audio, place} of missing.size === 0 ? [] : utterances) {
    const why = audio === undefined ? undefined : missing.get(audio)
    if (why !== undefined) problems.push(problemAt(place.file, place.line, 'missing-audio', why))
  }
  return [...problems, ...findRepeatedAudio(utterances)]
}

function* findWrongIds(utterances: readonly Utterance[]): Generator<DatasetProblem> {
  const first = new Map<string, Utterance>()
  for (const utterance of utterances) {
    const {id, place} = utterance
    const known = first.get(id)
    if (/\p{Cc}/u.test(id))
      yield problemAt(place.file, place.line, 'unreadable-row', `id ${JSON.stringify(id)}: has a control character`)
    if (known === undefined) first.set(id, utterance)
    else yield problemAt(place.file, place.line, 'duplicate-id', `id "${id}" again, as in ${placeOf(known, utterance)}`)
  }
}

function* findRepeatedAudio(utterances: readonly Utterance[]): Generator<DatasetProblem> {
  const first = new Map<string, Utterance>()
  for (const utterance of utterances) {
    const {audio, clip, channel, place} = utterance
    if (audio === undefined) continue
    const part = [clip?.offsetSeconds, clip?.durationSeconds, channel]
    // Most are whole recordings: for them the path is enough.
    const key = part.every(value => value === undefined) ? audio : `${audio}\0${part.join(' ')}`
    const known = first.get(key)
    if (known === undefined) first.set(key, utterance)
    else {
      const what = clip === undefined ? audio : `the same part of ${audio}`
      yield problemAt(place.file, place.line, 'duplicate-audio', `${what} again, as in ${placeOf(known, utterance)}`)
    }
  }
}

function* findEmpty(utterances: readonly Utterance[], known: readonly DatasetProblem[]): Generator<DatasetProblem> {
  const missing = known.filter(({kind}) => kind === 'missing-reference')
  const told = new Set(missing.map(({file, line}) => `${line}\0${file}`))
  for (const {id, text, place} of utterances) {
    if (text !== '' || told.has(`${undefined}\0${place.file}`) || told.has(`${place.line}\0${place.file}`)) continue
    yield problemAt(place.file, place.line, 'empty-reference', `the reference of "${id}" is empty`)
  }
}

const placeOf = ({place}: Utterance, seenFrom: Utterance): string =>
  place.file === seenFrom.place.file ? `line ${place.line}` : `${place.file}, line ${place.line}`

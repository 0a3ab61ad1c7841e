import {setImmediate} from 'node:timers/promises'
import {LinguluError} from './errors.js'
import {chooseBreakdowns} from './evaluation/breakdown-columns.js'
import {pairUtterances} from './evaluation/pair-utterances.js'
import {openScoring, type ScoringOptions} from './evaluation/scoring-options.js'
import {breakDown} from './scoring/breakdowns.js'
import {errorsOf, hypothesisLength, referenceLength} from './scoring/error-counts.js'
import {errorRate, measuresOf, sumScores} from './scoring/measures.js'
import type {ScoringPair} from './scoring/score-utterance.js'
import type {UtteranceScore} from './scoring/utterance-score.js'
import {pairTexts} from './text-pairs/pair-texts.js'
import type {Side} from './text-pairs/parse-text-rows.js'
import {readTexts} from './text-pairs/read-texts.js'
import type {ScoreDocument} from './text-pairs/score-document.js'
import type {TextFile} from './text-pairs/text-entry.js'

export interface ScoreOptions {
  /** A file of texts: lines, TRN, CSV, TSV or JSON lines. `-`, on one side, is stdin. */
  readonly reference: string
  readonly hypothesis: string
  /** Default: texts as they are, all errors of the same weight. */
  readonly scoring?: ScoringOptions | undefined
  /** `speaker`, `length`, or columns of the references. */
  readonly by?: readonly string[] | undefined
  /** Keep all alignments in the document. */
  readonly alignments?: boolean | undefined
  /** Saves stdin in a file and names it. */
  readonly stdin?: ((signal: AbortSignal) => Promise<string>) | undefined
}

/** So many utterances are scored before the rest of the program has its turn. */
const UTTERANCES_AT_ONCE = 256

/**
 * Scores texts against texts; no audio is needed.
 * @throws LinguluError USAGE, CONFIG_INVALID, MANIFEST_INVALID
 */
export async function score(
  options: ScoreOptions,
  {signal = new AbortController().signal}: {readonly signal?: AbortSignal | undefined} = {},
): Promise<ScoreDocument> {
  const {score: scoreOne, ...conditions} = await openScoring({normalizer: {name: 'none'}, ...options.scoring})
  const references = await readSide(options, 'reference', signal)
  const hypotheses = await readSide(options, 'hypothesis', signal)
  const {utterances, texts, missing, failed} = pairTexts(references, hypotheses)
  const by = chooseBreakdowns({utterances, name: references.name}, options.by ?? [])
  const scores = await scoreAll(pairUtterances(utterances, texts), scoreOne, signal)
  const total = sumScores(scores)
  return {
    type: 'score',
    schema: 1,
    ...measuresOf(total),
    words: total.words,
    characters: total.characters,
    utterances: {
      total: scores.length,
      correct: total.correct,
      missing: [...missing],
      failed: [...failed],
      emptyReferences: scores.filter(({words}) => referenceLength(words.counts) === 0).length,
      emptyHypotheses: scores.filter(({words}) => hypothesisLength(words.counts) === 0).length,
    },
    breakdowns: breakDown(scores, by, () => null),
    ...conditions,
    reference: options.reference,
    hypothesis: options.hypothesis,
    ...(options.alignments && {alignments: scores.map(toAlignment)}),
  }
}

/** Stdin has the form of the file on the other side. */
async function readSide(options: ScoreOptions, side: Side, signal: AbortSignal): Promise<TextFile> {
  const {[side]: path, [side === 'reference' ? 'hypothesis' : 'reference']: other, stdin} = options
  if (path !== '-') return readTexts(path, {side, like: path, name: path, signal})
  if (other === '-') throw new LinguluError('USAGE', 'Only one of reference and hypothesis can be stdin.')
  if (stdin === undefined) throw new LinguluError('USAGE', 'There is no stdin to read.')
  return readTexts(await stdin(signal), {side, like: other, name: 'stdin', signal})
}

async function scoreAll(
  pairs: readonly ScoringPair[],
  scoreOne: (pair: ScoringPair) => UtteranceScore,
  signal: AbortSignal,
): Promise<UtteranceScore[]> {
  const scores: UtteranceScore[] = []
  for (const [index, pair] of pairs.entries()) {
    if (index % UTTERANCES_AT_ONCE === 0) await setImmediate()
    signal.throwIfAborted()
    scores.push(scoreOne(pair))
  }
  return scores
}

function toAlignment({id, speaker, words}: UtteranceScore): NonNullable<ScoreDocument['alignments']>[number] {
  const {reference, hypothesis, operations, counts} = words
  return {
    id,
    ...(speaker !== undefined && {speaker}),
    wer: errorRate(counts),
    errors: errorsOf(counts),
    reference: [...reference],
    hypothesis: [...hypothesis],
    operations,
  }
}

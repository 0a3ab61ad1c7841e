import type {Segment, Suspect} from './transcript.js'

export interface SuspectThresholds {
  /** A window whose text compresses better than this repeats itself. */
  readonly compressionRatioThreshold?: number | undefined
  /** Mean log-probability below which the model was guessing. */
  readonly logProbabilityThreshold?: number | undefined
  /** Probability of "no speech" above which text is doubtful. */
  readonly noSpeechThreshold?: number | undefined
}

/** So many times the same words in a row, or the same segment, are a loop rather than speech. */
const REPETITIONS = 4
/** A single character in a row ("哈哈哈哈") is ordinary writing where there are no spaces between words. */
const CHARACTER_REPETITIONS = 8
/** Longest repeated passage looked for, in words or characters. */
const LONGEST_PASSAGE = 32
/** Text may be timed this much past the end: timestamps are multiples of 20 ms. */
const END_SLACK_SECONDS = 0.05

/**
 * Doubts about a transcript: loops, text where there was silence (or where the recording had ended), and guesses. The
 * text is never changed. Times in seconds; the default thresholds are those of Whisper's own fallback rules.
 */
export function findSuspects(
  segments: readonly Segment[],
  durationSeconds: number,
  {compressionRatioThreshold = 2.4, logProbabilityThreshold = -1, noSpeechThreshold = 0.6}: SuspectThresholds = {},
): Suspect[] {
  const runs = runLengths(segments.map(({text}) => wordsOf(text).join(' ')))
  return segments.flatMap((segment, index) => {
    if (segment.text.trim() === '') return []
    const {averageLogProbability} = segment
    const guessed = averageLogProbability < logProbabilityThreshold
    return [
      ...suspect('loop', segment, loopDetail(segment, runs[index] ?? 1, compressionRatioThreshold)),
      ...suspect('silence', segment, silenceDetail(segment, durationSeconds, noSpeechThreshold)),
      ...suspect(
        'low-confidence',
        segment,
        guessed && `mean log-probability ${averageLogProbability.toFixed(2)} is below ${logProbabilityThreshold}`,
      ),
    ]
  })
}

const suspect = (kind: Suspect['kind'], {id}: Segment, detail: string | false): Suspect[] =>
  detail === false ? [] : [{kind, segment: id, detail}]

function loopDetail({text, compressionRatio}: Segment, inARow: number, threshold: number): string | false {
  if (inARow >= REPETITIONS) return `the same text in ${inARow} segments in a row`
  const repetition = findRepetition(text)
  if (repetition) return `"${repetition.passage}" ${repetition.times} times in a row`
  return compressionRatio > threshold && `compression ratio ${compressionRatio.toFixed(2)} is above ${threshold}`
}

function silenceDetail(segment: Segment, durationSeconds: number, threshold: number): string | false {
  if (segment.start > durationSeconds + END_SLACK_SECONDS)
    return `starts at ${segment.start.toFixed(2)} s, but the recording ends at ${durationSeconds.toFixed(2)} s`
  const {noSpeechProbability} = segment
  return (
    noSpeechProbability > threshold &&
    `probability of no speech ${noSpeechProbability.toFixed(2)} is above ${threshold}`
  )
}

/** For each text, how many equal neighbours in a row it stands among; empty texts do not end a row. */
function runLengths(texts: readonly string[]): readonly number[] {
  const runs: {readonly text: string; readonly indices: number[]}[] = []
  for (const [index, text] of texts.entries()) {
    if (text === '') continue
    const run = runs.at(-1)
    if (run?.text === text) run.indices.push(index)
    else runs.push({text, indices: [index]})
  }
  const lengths = texts.map(() => 1)
  for (const {indices} of runs) for (const index of indices) lengths[index] = indices.length
  return lengths
}

interface Repetition {
  readonly passage: string
  readonly times: number
}

/** The shortest passage of words, or of characters inside one "word", that follows itself often enough to be a loop. */
function findRepetition(text: string): Repetition | undefined {
  const words = wordsOf(text)
  const inWords = longestRun(words, ' ', () => REPETITIONS)
  if (inWords) return inWords
  const enough = (length: number) => (length === 1 ? CHARACTER_REPETITIONS : REPETITIONS)
  for (const word of words) {
    const inCharacters = longestRun([...word], '', enough)
    if (inCharacters) return inCharacters
  }
  return undefined
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}\p{M}'’]+/gu) ?? []

function longestRun(
  units: readonly string[],
  separator: string,
  enough: (passageLength: number) => number,
): Repetition | undefined {
  const longest = Math.min(LONGEST_PASSAGE, Math.floor(units.length / REPETITIONS))
  for (let length = 1; length <= longest; length++) {
    let best = {end: 0, matches: 0}
    let matches = 0
    for (let index = length; index < units.length; index++) {
      matches = units[index] === units[index - length] ? matches + 1 : 0
      if (matches > best.matches) best = {end: index + 1, matches}
    }
    const times = Math.floor(best.matches / length) + 1
    if (times >= enough(length)) return {passage: units.slice(best.end - length, best.end).join(separator), times}
  }
  return undefined
}

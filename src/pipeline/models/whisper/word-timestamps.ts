import {roundHalfEven} from '../../decoding/round-half-even.js'
import {strip} from '../../text/strip.js'
import type {DraftSegment, MutableWord} from './window-segments.js'

/** A word of a window; times are seconds from the window's start. */
export interface WordTiming {
  word: string
  tokens: readonly number[]
  start: number
  end: number
  readonly probability: number
}

export interface WordRules {
  readonly prepend: string
  readonly append: string
  /** First id that is not text. */
  readonly eot: number
  /** Seconds from the recording's start. */
  readonly windowStart: number
  readonly lastSpeechSeconds: number
}

const SENTENCE_END_MARKS = '.。!！?？'
/** Words that long are never believed. */
const LONGEST_MEDIAN_SECONDS = 0.7

/**
 * Gives each segment its words and fits the segments' times to them, shortening words that stretch over pauses
 * (openai/whisper `add_word_timestamps`). Changes `segments` and `timings`.
 */
export function assignWords(segments: readonly DraftSegment[], timings: WordTiming[], rules: WordRules): void {
  const median = Math.min(LONGEST_MEDIAN_SECONDS, medianDuration(timings))
  if (timings.some(({start, end}) => start !== end)) shortenAtSentenceEnds(timings, 2 * median)
  mergePunctuations(timings, rules.prepend, rules.append)

  let next = 0
  let lastSpeech = rules.lastSpeechSeconds
  for (const segment of segments) {
    const textTokens = segment.tokens.filter(token => token < rules.eot).length
    const words: MutableWord[] = []
    for (let saved = 0; next < timings.length && saved < textTokens; next++) {
      const {word, tokens, start, end, probability} = timings[next] as WordTiming
      if (word !== '')
        words.push({
          word,
          start: roundToHundredths(rules.windowStart + start),
          end: roundToHundredths(rules.windowStart + end),
          probability,
        })
      saved += tokens.length
    }
    if (words.length > 0) {
      fitEdges(segment, words, median, lastSpeech)
      lastSpeech = segment.end
    }
    segment.words = words
  }
}

/** Joins opening punctuation to the word after it and closing punctuation to the word before (openai/whisper). */
export function mergePunctuations(timings: readonly WordTiming[], prepend: string, append: string): void {
  let following = timings.at(-1)
  for (const previous of timings.slice(0, -1).reverse()) {
    if (following !== undefined && previous.word.startsWith(' ') && prepend.includes(strip(previous.word))) {
      following.word = previous.word + following.word
      following.tokens = [...previous.tokens, ...following.tokens]
      previous.word = ''
      previous.tokens = []
    } else following = previous
  }
  let previous = timings[0]
  for (const following of timings.slice(1)) {
    if (previous !== undefined && !previous.word.endsWith(' ') && append.includes(following.word)) {
      previous.word += following.word
      previous.tokens = [...previous.tokens, ...following.tokens]
      following.word = ''
      following.tokens = []
    } else previous = following
  }
}

function medianDuration(timings: readonly WordTiming[]): number {
  const durations = timings
    .map(({start, end}) => end - start)
    .filter(duration => duration !== 0)
    .sort((a, b) => a - b)
  if (durations.length === 0) return 0
  const upper = durations[durations.length >> 1] as number
  return durations.length % 2 === 1 ? upper : ((durations[durations.length / 2 - 1] as number) + upper) / 2
}

function shortenAtSentenceEnds(timings: readonly WordTiming[], longest: number): void {
  for (const [index, timing] of timings.entries()) {
    const previous = timings[index - 1]
    if (previous === undefined || timing.end - timing.start <= longest) continue
    if (SENTENCE_END_MARKS.includes(timing.word)) timing.end = timing.start + longest
    else if (SENTENCE_END_MARKS.includes(previous.word)) timing.start = timing.end - longest
  }
}

/** Shortens the first words after a pause; segment and words then agree on where the segment starts and ends. */
function fitEdges(segment: DraftSegment, words: MutableWord[], median: number, lastSpeech: number): void {
  const longest = 2 * median
  const [first, second] = words
  const last = words.at(-1)
  if (first === undefined || last === undefined) return

  const tooLong = first.end - first.start > longest || (second !== undefined && second.end - first.start > longest * 2)
  if (first.end - lastSpeech > median * 4 && tooLong) {
    if (second !== undefined && second.end - second.start > longest) {
      const boundary = Math.max(second.end / 2, second.end - longest)
      first.end = boundary
      second.start = boundary
    }
    first.start = Math.max(0, first.end - longest)
  }
  if (segment.start < first.end && segment.start - 0.5 > first.start)
    first.start = Math.max(0, Math.min(first.end - median, segment.start))
  else segment.start = first.start

  if (segment.end > last.start && segment.end + 0.5 < last.end) last.end = Math.max(last.start + median, segment.end)
  else segment.end = last.end
}

/** As numpy rounds: times 100, to the even integer, divided by 100. */
function roundToHundredths(seconds: number): number {
  return roundHalfEven(seconds * 100) / 100
}

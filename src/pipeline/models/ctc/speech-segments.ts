import type {TokenSpan} from '../../decoding/ctc/token-span.js'
import type {CtcVocabulary} from '../../decoding/ctc/vocabulary.js'
import {type CtcWord, wordsOf} from '../../decoding/ctc/words.js'

/** Words without a long pause between them. */
export interface SpeechSegment {
  /** From the first letter to the last. */
  readonly tokens: readonly TokenSpan[]
  /** Frames [from, to) that belong to the segment: up to the middle of the pauses around it. */
  readonly from: number
  readonly to: number
}

export interface SegmentLimits {
  /** A gap this long between two words parts them. */
  readonly pauseFrames: number
  /** Longer segments are parted at their widest gap. */
  readonly longestFrames: number
}

/** Parts a stream of tokens into segments. */
export interface SpeechSegmenter {
  /** Takes further tokens; returns the segments that they complete. */
  push(tokens: readonly TokenSpan[]): SpeechSegment[]
  /** The last segment, which ends at frame `end`. */
  finish(end: number): SpeechSegment[]
}

export function speechSegmenter(vocabulary: CtcVocabulary, limits: SegmentLimits): SpeechSegmenter {
  let pending: readonly TokenSpan[] = []
  let from = 0

  /** Gives out the words before `next`, which begins a segment of its own. */
  function cutBefore(next: CtcWord, last: CtcWord): SpeechSegment {
    const at = pending.indexOf(next.tokens[0] as TokenSpan)
    const segment = {tokens: trimmed(pending.slice(0, at), vocabulary), from, to: (last.end + next.start) >> 1}
    pending = pending.slice(at)
    from = segment.to
    return segment
  }

  return {
    push(tokens) {
      if (tokens.length === 0) return []
      pending = [...pending, ...tokens]
      const segments: SpeechSegment[] = []
      for (let words = wordsOf(pending, vocabulary); ; words = wordsOf(pending, vocabulary)) {
        const cut = placeToCut(words, limits)
        const next = words[cut]
        const last = words[cut - 1]
        if (next === undefined || last === undefined) return segments
        segments.push(cutBefore(next, last))
      }
    },
    finish(end) {
      const tokens = trimmed(pending, vocabulary)
      pending = []
      return tokens.length === 0 ? [] : [{tokens, from, to: end}]
    },
  }
}

/** Number of the word that begins the next segment; −1 where none does yet. */
function placeToCut(words: readonly CtcWord[], {pauseFrames, longestFrames}: SegmentLimits): number {
  const first = words[0]
  let widest = -1
  let width = Number.NEGATIVE_INFINITY
  for (let i = 1; i < words.length; i++) {
    const word = words[i] as CtcWord
    const gap = word.start - (words[i - 1] as CtcWord).end
    if (gap >= pauseFrames) return i
    // Of equal gaps the last, so that segments are long rather than short.
    if (gap >= width) {
      width = gap
      widest = i
    }
    if (first !== undefined && word.end - first.start > longestFrames) return widest
  }
  return -1
}

/** Without delimiters, and other tokens that write nothing, at either end. */
function trimmed(tokens: readonly TokenSpan[], {pieces}: CtcVocabulary): readonly TokenSpan[] {
  const writes = (span: TokenSpan) => pieces[span.token] !== ''
  return tokens.slice(tokens.findIndex(writes), tokens.findLastIndex(writes) + 1)
}

import {roundHalfEven} from '../../decoding/round-half-even.js'
import {type DraftSegment, FRAMES_PER_SECOND, frameSeconds, lastEnd, type MutableWord} from './window-segments.js'

const PUNCTUATION = '"\'“¿([{-"\'.。,，!！?？:：”)]}、'
const JUDGED_WORDS = 8

export interface WindowPlace {
  /** First frame of the window, its frames of sound, and those of a full window. */
  readonly seek: number
  readonly windowFrames: number
  readonly fullWindowFrames: number
  /** Frames of the whole recording. */
  readonly contentFrames: number
  readonly singleTimestampEnding: boolean
  readonly lastSpeechSeconds: number
}

/**
 * Drops segments that look invented and stand in silence, and says where decoding goes on (openai/whisper,
 * `hallucination_silence_threshold`). `nextSeek` is where it would go on otherwise. `dropped` segments never count:
 * where the whole window is dropped because of a silent lead, `segments` is undefined.
 */
export function skipHallucinations(
  segments: readonly DraftSegment[],
  threshold: number,
  nextSeek: number,
  place: WindowPlace,
): {readonly segments: readonly DraftSegment[] | undefined; readonly seek: number} {
  const offset = frameSeconds(place.seek)
  const windowEnd = frameSeconds(place.seek + place.fullWindowFrames)
  let seek = nextSeek
  if (!place.singleTimestampEnding) {
    const end = lastEnd(segments)
    if (end !== undefined && end > offset)
      seek = windowEnd - end > threshold ? roundHalfEven(end * FRAMES_PER_SECOND) : place.seek + place.windowFrames
  }

  const first = firstWithWords(segments)
  if (first !== undefined && isAnomalous(first)) {
    const gap = first.start - offset
    if (gap > threshold) return {segments: undefined, seek: place.seek + roundHalfEven(gap * FRAMES_PER_SECOND)}
  }

  let previousEnd = place.lastSpeechSeconds
  for (const [index, segment] of segments.entries()) {
    if (segment.words.length === 0) continue
    if (isAnomalous(segment)) {
      const next = firstWithWords(segments.slice(index + 1))
      const nextStart = next?.words[0]?.start ?? offset + frameSeconds(place.windowFrames)
      const silenceBefore =
        segment.start - previousEnd > threshold || segment.start < threshold || segment.start - offset < 2
      const silenceAfter =
        nextStart - segment.end > threshold || (next !== undefined && isAnomalous(next)) || windowEnd - segment.end < 2
      if (silenceBefore && silenceAfter) {
        seek = roundHalfEven(Math.max(offset + 1, segment.start) * FRAMES_PER_SECOND)
        if (frameSeconds(place.contentFrames) - segment.end < threshold) seek = place.contentFrames
        return {segments: segments.slice(0, index), seek}
      }
    }
    previousEnd = segment.end
  }
  return {segments, seek}
}

function firstWithWords(segments: readonly DraftSegment[]): DraftSegment | undefined {
  return segments.find(({words}) => words.length > 0)
}

function isAnomalous({words}: DraftSegment): boolean {
  if (words.length === 0) return false
  const judged = words.filter(({word}) => !PUNCTUATION.includes(word)).slice(0, JUDGED_WORDS)
  const score = judged.reduce((sum, word) => sum + anomaly(word), 0)
  return score >= 3 || score + 0.01 >= judged.length
}

/** Very short, very long and improbable words are anomalous. */
function anomaly({start, end, probability}: MutableWord): number {
  const duration = end - start
  let score = probability < 0.15 ? 1 : 0
  if (duration < 0.133) score += (0.133 - duration) * 15
  if (duration > 2) score += duration - 2
  return score
}

import type {SpeakerWords} from './cp-errors.js'
import {add} from './grouped.js'
import type {Segment, SpeakerTranscript} from './segment.js'
import type {Interval} from './turn.js'

/** Each session's segments by time, or in the order of the file where one of them has no time (as meeteval). */
export function sessionsOf({segments}: SpeakerTranscript): ReadonlyMap<string, readonly Segment[]> {
  const sessions = new Map<string, Segment[]>()
  for (const segment of segments) add(sessions, segment.session, segment)
  for (const own of sessions.values()) {
    if (own.every(({time}) => time !== undefined))
      own.sort((a, b) => (a.time?.startMicros ?? 0) - (b.time?.startMicros ?? 0))
  }
  return sessions
}

/**
 * Without what is said in an ignored time, that is, whose middle falls into it (as in sclite), and into no segment of
 * the reference: somebody else may speak there.
 */
export function withoutIgnored(
  segments: readonly Segment[],
  ignored: readonly Interval[],
  reference: readonly Segment[],
): readonly Segment[] {
  if (ignored.length === 0) return segments
  const scored = reference.flatMap(({time}) => time ?? [])
  return segments.filter(({time}) => {
    if (time === undefined) return true
    const middle = (time.startMicros + time.endMicros) / 2
    return scored.some(holds(middle)) || !ignored.some(holds(middle))
  })
}

const holds =
  (at: number) =>
  ({startMicros, endMicros}: Interval) =>
    startMicros <= at && at < endMicros

/** What each speaker says, one segment after another, normalized and split at white space. */
export function speakerWords(
  segments: readonly Segment[],
  {wordByWord, normalize}: {readonly wordByWord: boolean; readonly normalize: (text: string) => string},
): SpeakerWords {
  const texts = new Map<string, string[]>()
  for (const {speaker, text} of segments) add(texts, speaker, text)
  return new Map(
    [...texts].map(([speaker, own]) => {
      const whole = wordByWord ? normalize(own.join(' ')) : own.map(normalize).join(' ')
      return [speaker, whole.split(/\s+/).filter(word => word !== '')]
    }),
  )
}
